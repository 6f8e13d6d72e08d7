/* What the panel does beyond links and forms: the theme, printing, sending a choice at once. */

const root = document.documentElement;
const A_YEAR = 365 * 24 * 3600;

function isDark() {
  return root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function switchTheme() {
  root.dataset.theme = isDark() ? "light" : "dark";
  document.cookie = `theme=${root.dataset.theme}; path=/admin; max-age=${A_YEAR}; samesite=lax`;
  document.dispatchEvent(new Event("theme"));
}

/* A choice made with the mouse or a finger is sent at once. From the keyboard every arrow key would be a choice, so
   the form waits for "Show" or Enter there. */
function sendChoices(form) {
  let byKey = false;
  form.addEventListener("keydown", (event) => {
    byKey = true;
    if (event.key === "Enter" && event.target.matches("select") && form.classList.contains("waiting")) form.requestSubmit();
  });
  form.addEventListener("pointerdown", () => { byKey = false; });
  form.addEventListener("change", () => {
    if (byKey) form.classList.add("waiting");
    else form.requestSubmit();
  });
}

for (const button of document.querySelectorAll(".js-theme")) button.addEventListener("click", switchTheme);
/* Copying is the one thing that a field cannot do by itself; without scripts its text can still be marked. */
async function copy(button) {
  const field = document.getElementById(button.dataset.copy);
  field.select();
  await navigator.clipboard.writeText(field.value);
  button.textContent = button.dataset.done;
}

for (const button of document.querySelectorAll(".js-copy")) button.addEventListener("click", () => copy(button));
/* A form is sent once, however often its button is clicked; after a while, or after coming back, once more. */
const SENT_FOR = 10_000;

function sendOnce(event) {
  const form = event.target;
  if (event.defaultPrevented || form.getAttribute("method") !== "post") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  setTimeout(() => { delete form.dataset.sent; }, SENT_FOR);
}

document.addEventListener("submit", sendOnce);
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
for (const button of document.querySelectorAll(".js-print")) button.addEventListener("click", () => print());
for (const form of document.querySelectorAll("form.filters")) sendChoices(form);

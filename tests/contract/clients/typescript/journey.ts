// The guide's journey with types generated from the document: what does not fit them does not compile.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

declare const process: { env: Record<string, string | undefined> };
declare function setTimeout(act: (value: unknown) => void, milliseconds: number): unknown;

type Problem = components["schemas"]["Problem"];

const shop = createClient<paths>({
  baseUrl: process.env.API_URL ?? "",
  headers: { Authorization: `Bearer ${process.env.KEY}` },
});

function done<T>({ data, error }: { data?: T; error?: Problem }): T {
  if (error !== undefined || data === undefined) throw new Error(`${error?.code}: ${error?.detail}`);
  return data;
}

const keyed = (key: string) => ({ header: { "Idempotency-Key": key } });

const member = done(
  await shop.POST("/v1/members", { body: { customer_id: "tess", joined_at: "2026-03-01T09:00:00+01:00", language: "fr" } }),
);

const order = { customer_id: "tess", placed_at: "2026-03-02T18:30:00+01:00", currency: "EUR" };
const bought = done(await shop.POST("/v1/purchases", { body: { ...order, order_id: "1001", goods: "84.90" } }));

const offer = { name: "5 euros off", price_points: 50, amount: "5.00" };
const reward = done(await shop.POST("/v1/rewards", { params: keyed("setup"), body: offer }));
const held = done(
  await shop.POST("/v1/redemptions", {
    params: keyed("cart-1"),
    body: { customer_id: "tess", reward_id: reward.reward_id },
  }),
);
const path = { redemption_id: held.redemption_id };
const captured = done(await shop.POST("/v1/redemptions/{redemption_id}/capture", { params: { path } }));

const paid = { order_id: "1002", goods: "40.00", reward_discount: "5.00", redemption_ids: [held.redemption_id] };
const second = done(await shop.POST("/v1/purchases", { body: { ...order, ...paid } }));

const refund = { refund_id: "r1", refunded_at: "2026-03-12T10:00:00+01:00", goods: "20.00" };
const refunded = done(
  await shop.POST("/v1/purchases/{order_id}/refunds", { params: { path: { order_id: "1001" } }, body: refund }),
);

const balance = done(
  await shop.GET("/v1/members/{customer_id}/balance", { params: { path: { customer_id: "tess" } } }),
);
const unknown = await shop.GET("/v1/purchases/{order_id}", { params: { path: { order_id: "none" } } });

const promised = { referrer_points: 500, friend_points: 250, minimum: "20.00" };
done(await shop.PUT("/v1/referral-terms", { params: keyed("setup-2"), body: promised }));
const { code } = done(
  await shop.GET("/v1/members/{customer_id}/referral-code", { params: { path: { customer_id: "tess" } } }),
);
const validity = done(await shop.GET("/v1/referral-codes/{code}", { params: { path: { code } } }));
// Only what is told as it happens is a friend's first purchase.
const now = new Date().toISOString();
done(await shop.POST("/v1/members", { body: { customer_id: "fritz", joined_at: now, referral_code: code } }));
const first = { order_id: "2001", customer_id: "fritz", placed_at: now, currency: "EUR", goods: "25.00" };
done(await shop.POST("/v1/purchases", { body: first }));

// The worker decides on referrals.
async function whatBecameOfIt(): Promise<string> {
  for (let asked = 0; asked < 300; asked++) {
    const [referral] = done(await shop.GET("/v1/referrals")).data;
    if (referral && referral.state !== "claimed") return referral.state;
    await new Promise((later) => setTimeout(later, 100));
  }
  return "claimed";
}
const became = await whatBecameOfIt();

console.log(
  JSON.stringify({
    joined: member.state,
    given: bought.points.given,
    held: held.points,
    captured: captured.state,
    second: second.points.given,
    refunded: refunded.points?.given,
    available: balance.available,
    unknown: unknown.error?.code,
    code: validity.valid,
    referral: became,
  }),
);

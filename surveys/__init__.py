"""NPS surveys: invitations, answers, the answer page. Their place on the stairs; nothing is built here yet."""

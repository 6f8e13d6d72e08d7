// The guide's journey with types generated from the document: what does not fit them does not compile.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

declare const process: { env: Record<string, string | undefined> };

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
  }),
);

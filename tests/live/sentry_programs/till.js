// A page with a stock @sentry/browser: `till.html?dsn=...&release=...`. What nobody catches is reported.
import * as Sentry from "@sentry/browser";

const given = new URLSearchParams(location.search);
Sentry.init({ dsn: given.get("dsn"), release: given.get("release"), environment: "production" });

function countDrawer(coins) {
  return coins.missing.total;
}

function closeDay() {
  return countDrawer({});
}

setTimeout(() => closeDay(), 0);

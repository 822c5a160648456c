// npm install @sentry/browser (or @sentry/node, @sentry/react and so on)
import * as Sentry from "@sentry/browser";

Sentry.init({
  dsn: "<<address>>",
  environment: "production",
  release: "1.0.0",
});
Sentry.captureMessage("Hello from my application");

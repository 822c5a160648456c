// An application with a stock @sentry/node: `till.cjs DSN RELEASE`.
const Sentry = require("@sentry/node");

class Drawer {
  count(coins) {
    return coins.missing.total;
  }
}

function closeDay() {
  return new Drawer().count({});
}

const [dsn, release] = process.argv.slice(2);
Sentry.init({ dsn, release, environment: "production" });
Sentry.setUser({ id: "7", username: "jo" });
try {
  closeDay();
} catch (error) {
  Sentry.captureException(error);
}
Sentry.captureMessage("Drawer stays open", "warning");
Sentry.captureFeedback({ message: "I cannot close the day.", name: "Ann" });
Sentry.close(20000).then((sent) => process.exit(sent ? 0 : 3));

curl -X POST '<<site>>/api/<<id>>/store/' \
  -H 'Content-Type: application/json' \
  -H 'X-Sentry-Auth: Sentry sentry_version=7, sentry_key=<<key>>' \
  -d '{"message": "Hello from a script", "level": "error", "environment": "production"}'

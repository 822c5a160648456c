secret='<<secret>>'
body=$(cat <<'JSON'
<<message>>
JSON
)
signature=$(printf '%s' "$body" | openssl dgst -sha256 -hmac "$secret" | sed 's/^.* //')
curl -X POST '<<address>>' \
  -H 'Content-Type: application/json' \
  -H "X-Hub-Signature-256: sha256=$signature" \
  --data-binary "$body"

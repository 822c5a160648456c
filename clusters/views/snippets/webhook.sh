secret='<<secret>>'
body=$(cat <<'JSON'
<<message>>
JSON
)
seconds=$(date +%s)
signature=$(printf '%s.%s' "$seconds" "$body" | openssl dgst -sha256 -hmac "$secret" | sed 's/^.* //')
curl -X POST '<<address>>' \
  -H 'Content-Type: application/json' \
  -H "X-Soulcaster-Signature: t=$seconds,v1=$signature" \
  --data-binary "$body"

import { createHmac } from "node:crypto";

const address = "<<address>>";
const secret = "<<secret>>";
const message = <<message>>;

const body = JSON.stringify(message);
const signature = createHmac("sha256", secret).update(body).digest("hex");
const answer = await fetch(address, {
  method: "POST",
  headers: {
    "Content-Type": "application/json",
    "X-Hub-Signature-256": `sha256=${signature}`,
  },
  body,
});
console.log(answer.status, await answer.text());

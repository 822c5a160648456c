import { createHmac } from "node:crypto";

const address = "<<address>>";
const secret = "<<secret>>";
const message = <<message>>;

const body = JSON.stringify(message);
const seconds = Math.floor(Date.now() / 1000);
const signature = createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex");
const answer = await fetch(address, {
  method: "POST",
  headers: {
    "Content-Type": "application/json",
    "X-Soulcaster-Signature": `t=${seconds},v1=${signature}`,
  },
  body,
});
console.log(answer.status, await answer.text());

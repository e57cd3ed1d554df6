// Verifies what it reads, a line of JSON each, and answers "verified" or why not, with the npm package
// standardwebhooks; a `v1a` signature, which that does not know, with Node's own Ed25519.

import { createPublicKey, verify } from "node:crypto";
import { createInterface } from "node:readline";
import { Webhook } from "standardwebhooks";

const ED25519_SPKI = Buffer.from("302a300506032b6570032100", "hex");

function verifyWithPublicKey(body, headers, key) {
  const raw = Buffer.from(key.slice("whpk_".length), "base64");
  const publicKey = createPublicKey({ key: Buffer.concat([ED25519_SPKI, raw]), format: "der", type: "spki" });
  const signed = Buffer.concat([Buffer.from(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.`), body]);
  const signatures = headers["webhook-signature"].split(" ").filter((each) => each.startsWith("v1a,"));
  if (!signatures.some((each) => verify(null, signed, publicKey, Buffer.from(each.slice(4), "base64"))))
    throw new Error("No matching signature found");
}

for await (const line of createInterface({ input: process.stdin })) {
  const { body, headers, key } = JSON.parse(line);
  const bytes = Buffer.from(body, "base64");
  try {
    if (key.startsWith("whpk_")) verifyWithPublicKey(bytes, headers, key);
    else new Webhook(key).verify(bytes, headers);
    console.log("verified");
  } catch (error) {
    console.log(error.message.replaceAll("\n", " "));
  }
}

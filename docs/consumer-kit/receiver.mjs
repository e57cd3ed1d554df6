// Receives Outward's webhooks: verifies each, keeps it once, answers at once.
//
// npm ci
// OUTWARD_WEBHOOK_SECRET=whsec_… node receiver.mjs

import { linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";

const webhook = new Webhook(process.env.OUTWARD_WEBHOOK_SECRET);
const inbox = process.env.INBOX ?? "inbox";
mkdirSync(inbox, { recursive: true });
const writing = mkdtempSync(join(inbox, ".writing-"));

// Kept under its webhook-id, whole and once: who works on what is kept need not wonder whether it came before.
function once(id, body) {
  const file = join(writing, id);
  writeFileSync(file, body);
  try {
    linkSync(file, join(inbox, `${id}.json`));
    console.log("done", id, JSON.parse(body).type);
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  } finally {
    rmSync(file);
  }
}

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks); // the bytes as they came, not parsed and written again
  try {
    webhook.verify(body, request.headers);
  } catch {
    return response.writeHead(401).end();
  }
  once(request.headers["webhook-id"], body);
  response.writeHead(204).end();
});

server.listen(process.env.PORT ?? 8080, "127.0.0.1", () => console.log("listening on", server.address().port));

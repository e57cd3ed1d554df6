// Follows Outward's feed: each event in its order, also over restarts and lost connections.
//
// OUTWARD_KEY=ow_… node follower.mjs
import { existsSync, readFileSync, writeFileSync } from "node:fs";

const url = `${process.env.OUTWARD_URL ?? "http://127.0.0.1:8000"}/v1/events/stream`;
const position = process.env.POSITION ?? "position";

function handle(event) {
  console.log(event.sequence, event.type); // your effect; it comes again if you fall over right after it
}

async function follow() {
  const headers = { Authorization: `Bearer ${process.env.OUTWARD_KEY}` };
  if (existsSync(position)) headers["Last-Event-ID"] = readFileSync(position, "utf8");
  const answer = await fetch(url, { headers });
  if (answer.status >= 500) return;
  if (!answer.ok) {
    console.error(await answer.text());
    process.exit(1);
  }
  let rest = "";
  for await (const piece of answer.body.pipeThrough(new TextDecoderStream())) {
    const messages = (rest + piece).split("\n\n");
    rest = messages.pop();
    for (const message of messages) {
      const lines = message.split("\n").map((line) => line.match(/^([^:]*):? ?(.*)$/).slice(1));
      const { id, data } = Object.fromEntries(lines);
      if (data) handle(JSON.parse(data));
      if (id) writeFileSync(position, id);
    }
  }
}

for (;;) {
  await follow().catch((lost) => console.log("the connection was lost:", lost.message));
  await new Promise((resolve) => setTimeout(resolve, 3000));
}

// Clients of the TypeScript SDK, of both its generations, for test_endpoint_clients.py.
//
// Usage: node ts_client.mjs FOLDER VISITS, where FOLDER has the packages in its node_modules and
// VISITS is a JSON list of {sdk, mode, url, token}. Each visit calls everything once; what it got
// is printed as one JSON list, in the same order. Nothing is judged here.

import { createRequire } from "node:module";
import { join } from "node:path";

const NEWS_WITHIN_MS = 10_000;
const BLOCK = "memory://blocks/human";
const [folder, visits] = process.argv.slice(2);
const require = createRequire(join(folder, "package.json"));

/** Return what a generation of the SDK calls its parts. */
function sdk(generation) {
  if (generation === 2) {
    const all = require("@modelcontextprotocol/client");
    return { ...all, updated: "notifications/resources/updated" };
  }
  const part = (name) => require(`@modelcontextprotocol/sdk/${name}.js`);
  return {
    ...part("client/index"),
    ...part("client/sse"),
    ...part("client/streamableHttp"),
    updated: part("types").ResourceUpdatedNotificationSchema,
  };
}

/** Return what everything is answered with. */
async function explored(client, modern) {
  const uri = (resource) => resource.uri;
  const name = (thing) => thing.name;
  const insert = { label: "human", new_string: "Written from TypeScript." };
  const found = { name: client.getServerVersion()?.name };
  found.tools = (await client.listTools()).tools.map(name);
  found.inserted = await client.callTool({ name: "memory_insert", arguments: insert });
  found.read = await client.callTool({ name: "memory_read", arguments: { label: "human" } });
  found.refused = await client.callTool({ name: "memory_read", arguments: { label: "humann" } });
  found.resources = (await client.listResources()).resources.map(uri);
  found.resource = (await client.readResource({ uri: BLOCK })).contents[0].text;
  found.prompts = (await client.listPrompts()).prompts.map(name);
  found.prompt = (await client.getPrompt({ name: "recall", arguments: {} })).messages.length;
  const ref = { type: "ref/resource", uri: "memory://blocks/{label}" };
  const argument = { name: "label", value: "hu" };
  found.completed = (await client.complete({ ref, argument })).completion.values;
  found.news = await news(client, modern);
  return found;
}

/** Return the address of the resource that the first notification after a change is about. */
async function news(client, modern) {
  const heard = new Promise((resolve, reject) => {
    const late = () => reject(new Error("nothing was heard"));
    setTimeout(late, NEWS_WITHIN_MS).unref();
    client.setNotificationHandler(client.updatedAs, (told) => resolve(told.params.uri));
  });
  const listening = modern && (await client.listen({ resourceSubscriptions: [BLOCK] }));
  if (!modern) await client.subscribeResource({ uri: BLOCK });
  const insert = { label: "human", new_string: "And again." };
  await client.callTool({ name: "memory_insert", arguments: insert });
  const uri = await heard;
  await (modern ? listening.close() : client.unsubscribeResource({ uri: BLOCK }));
  return uri;
}

/** Return what one client got, or the words of the error that it met. */
async function visited({ sdk: generation, mode, url, token }) {
  const parts = sdk(generation);
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const Transport = url.endsWith("/sse")
    ? parts.SSEClientTransport
    : parts.StreamableHTTPClientTransport;
  const about = { name: "ts", version: "1" };
  const client = new parts.Client(about, { versionNegotiation: { mode } });
  client.updatedAs = parts.updated;
  try {
    await client.connect(new Transport(new URL(url), { requestInit: { headers } }));
    return await explored(client, mode !== "legacy");
  } catch (error) {
    return { error: `${error.name} ${error.code}: ${error.message}` };
  } finally {
    await client.close();
  }
}

const found = [];
for (const visit of JSON.parse(visits)) found.push(await visited(visit));
process.stdout.write(`${JSON.stringify(found)}\n`);

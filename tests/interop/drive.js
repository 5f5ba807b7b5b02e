// Drives `seam proxy` with toxiproxy-node-client, unchanged, and measures what each toxic does.
//
// Called with the folder of the client, the port of the API and the port of a server that echoes. Prints a line for
// each check. Exit codes: 0 all are as they should be, 1 one is not.

const assert = require("node:assert");
const net = require("node:net");

const [folder, api, echo] = process.argv.slice(2);
const { Toxiproxy, ToxiproxyError } = require(folder);
const server = new Toxiproxy(`http://127.0.0.1:${api}`);
const LIMIT = 20_000;

// A connection through a proxy, with all that has come, and the error or the end of it.
function connect(proxy) {
  const at = proxy.listen.lastIndexOf(":");
  const socket = net.connect({ host: proxy.listen.slice(0, at), port: Number(proxy.listen.slice(at + 1)), allowHalfOpen: true });
  const client = { socket, data: Buffer.alloc(0), ended: false, error: null, waits: () => {} };
  socket.setNoDelay(true);
  socket.on("data", (piece) => { client.data = Buffer.concat([client.data, piece]); client.waits(); });
  socket.on("end", () => { client.ended = true; client.waits(); });
  socket.on("error", (error) => { client.error = error; client.waits(); });
  return client;
}

async function until(client, holds) {
  const deadline = Date.now() + LIMIT;
  while (!holds()) {
    assert(Date.now() < deadline, `never came: ${client.data} ${client.error}`);
    await new Promise((done) => { client.waits = done; setTimeout(done, 50); });
  }
}

async function exchange(client, text) {
  client.data = Buffer.alloc(0);
  client.socket.write(text);
  await until(client, () => client.error || client.ended || client.data.length >= text.length);
  assert.strictEqual(client.data.toString(), text);
}

async function takes(least, action) {
  const began = performance.now();
  await action();
  const took = performance.now() - began;
  assert(took >= least, `took ${took} ms, wanted at least ${least}`);
}

const over = (client) => until(client, () => client.error || client.ended);

const checks = {
  async latency(proxy) {
    const client = connect(proxy);
    await exchange(client, "open");
    const toxic = await proxy.addToxic({ type: "latency", attributes: { latency: 300, jitter: 0 } });
    assert.deepStrictEqual([toxic.name, toxic.stream, toxic.toxicity], ["latency_downstream", "downstream", 1]);
    await takes(295, () => exchange(client, "late"));
    const changed = await toxic.update({ attributes: { latency: 500 } });
    assert.deepStrictEqual(changed.attributes, { latency: 500, jitter: 0 });
    await takes(495, () => exchange(client, "later"));
    assert.deepStrictEqual((await proxy.getToxic(toxic.name)).toJson(), changed.toJson());
    await toxic.remove();
    await assert.rejects(proxy.getToxic(toxic.name), ToxiproxyError);
  },
  async bandwidth(proxy) {
    await proxy.addToxic({ type: "bandwidth", stream: "upstream", attributes: { rate: 20 } });
    await takes(445, () => exchange(connect(proxy), "x".repeat(10_000)));
  },
  async slow_close(proxy) {
    await proxy.addToxic({ type: "slow_close", attributes: { delay: 300 } });
    const client = connect(proxy);
    await exchange(client, "last words");
    client.socket.end();
    await takes(295, () => over(client));
  },
  async timeout(proxy) {
    await proxy.addToxic({ type: "timeout", attributes: { timeout: 300 } });
    const client = connect(proxy);
    client.socket.write("lost");
    await takes(250, () => over(client));
    assert.strictEqual(client.data.length, 0);
  },
  async reset_peer(proxy) {
    await proxy.addToxic({ type: "reset_peer", attributes: { timeout: 0 } });
    const client = connect(proxy);
    client.socket.write("?");
    await over(client);
    assert.strictEqual(client.error?.code, "ECONNRESET");
  },
  async slicer(proxy) {
    const attributes = { average_size: 10, size_variation: 5, delay: 20_000 };
    await proxy.addToxic({ type: "slicer", attributes });
    await takes(255, () => exchange(connect(proxy), "x".repeat(200)));
  },
  async limit_data(proxy) {
    await proxy.addToxic({ type: "limit_data", attributes: { bytes: 4 } });
    const client = connect(proxy);
    client.socket.write("0123456789");
    await over(client);
    assert.strictEqual(client.data.toString(), "0123");
  },
  async down(proxy) {
    const down = await proxy.update({ enabled: false });
    assert.strictEqual(down.enabled, false);
    const client = connect(proxy);
    await over(client);
    assert.strictEqual(client.error?.code, "ECONNREFUSED");
    await proxy.update({ enabled: true });
    await exchange(connect(proxy), "up again");
  },
  async moved(proxy) {
    const moved = await proxy.update({ ...proxy.toJson(), listen: "127.0.0.1:0" });
    assert.notStrictEqual(moved.listen, proxy.listen);
    await exchange(connect(moved), "moved");
  },
  async reset(proxy) {
    await proxy.addToxic({ type: "timeout", attributes: { timeout: 0 } });
    await proxy.update({ enabled: false });
    await server.reset();
    assert.strictEqual((await server.get(proxy.name)).enabled, true);
    await assert.rejects(proxy.getToxic("timeout_downstream"), ToxiproxyError);
    await exchange(connect(proxy), "healed");
  },
  async populate() {
    const list = [{ name: "populated", listen: "127.0.0.1:0", upstream: `127.0.0.1:${echo}` }];
    const { populated } = await server.populate(list);
    await exchange(connect(populated), "populated");
    assert.strictEqual((await server.populate(list)).populated.listen, populated.listen);
    await populated.remove();
  },
  async errors(proxy) {
    await assert.rejects(server.createProxy(proxy.toJson()), /status code 409/);
    await assert.rejects(server.get("nobody"), /status code 404/);
    await assert.rejects(proxy.addToxic({ type: "lateness", attributes: {} }), /status code 400/);
  },
  async version() {
    assert.match(JSON.parse(await server.getVersion()).version, /^2\./);
  },
};

async function main() {
  let wrong = 0;
  for (const [name, check] of Object.entries(checks)) {
    const body = { name, listen: "127.0.0.1:0", upstream: `localhost:${echo}` };
    const proxy = await server.createProxy(body);
    try {
      await check(proxy);
      console.log("ok", name);
    } catch (problem) {
      wrong += 1;
      console.log("WRONG", name, problem.message);
    }
    await proxy.remove();
  }
  const left = Object.keys(await server.getAll());
  process.exit(wrong || left.length ? 1 : 0);
}

main().catch((problem) => { console.log("WRONG", problem); process.exit(1); });

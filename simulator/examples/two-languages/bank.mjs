// Charges cards. A charge is on disk before its answer, and an order is charged once however often that is asked.
import fs from "node:fs";
import http from "node:http";
import path from "node:path";

const [port, folder] = process.argv.slice(2);
const file = path.join(folder, "charges.jsonl");
const charges = new Map();
if (fs.existsSync(file)) {
  // A kill may have cut the last line, which nobody was told of.
  const lines = fs.readFileSync(file, "utf8").split("\n").slice(0, -1);
  for (const charge of lines.map((line) => JSON.parse(line))) charges.set(charge.order, charge);
  fs.writeFileSync(file, lines.map((line) => line + "\n").join(""));
}
const log = fs.openSync(file, "a");

http
  .createServer((request, response) => {
    let text = "";
    request.on("data", (more) => (text += more));
    request.on("end", () => {
      if (request.method === "POST") {
        const charge = JSON.parse(text);
        if (!charges.has(charge.order)) {
          charges.set(charge.order, charge);
          fs.writeSync(log, JSON.stringify(charge) + "\n");
          fs.fsyncSync(log);
        }
      }
      response.setHeader("Content-Type", "application/json");
      response.end(JSON.stringify({ charges: [...charges.values()] }));
    });
  })
  .listen(Number(port), "127.0.0.1", () => console.log("the bank is open"));

// What Node's clients make of the server: `fetch`, and `http` with a kept connection.
//
//   node client.mjs URL      prints a line of JSON for each answer: [what, status, length of the content]
import http from "node:http";

const base = new URL(process.argv[2]);
const key = (name) => new URL(`/keys/node/${name}`, base);
const say = (what, status, length) => console.log(JSON.stringify([what, status, length]));

async function viaFetch(what, target, options = {}) {
    const answer = await fetch(target, options);
    say(what, answer.status, (await answer.arrayBuffer()).byteLength);
    return answer;
}

const agent = new http.Agent({keepAlive: true, maxSockets: 1});

function viaHTTP(what, target, method, {fields = {}, pieces = []} = {}) {
    return new Promise((resolve, reject) => {
        const request = http.request(target, {agent, method, headers: fields});
        request.on("error", reject);
        request.on("response", (answer) => {
            let length = 0;
            answer.on("data", (piece) => { length += piece.length; });
            answer.on("end", () => { say(what, answer.statusCode, length); resolve(); });
        });
        const send = () => {
            for (const piece of pieces) request.write(piece);
            request.end();
        };
        if (fields.Expect) request.on("continue", send); else send();
    });
}

function* stream() {
    for (let count = 0; count < 100; count++) yield new Uint8Array(1000).fill(count);
}

const created = await viaFetch("fetch PUT", key("a"), {method: "PUT", body: "abc"});
await viaFetch("fetch PUT, empty", key("empty"), {method: "PUT", body: ""});
await viaFetch("fetch PUT, streamed", key("stream"), {method: "PUT", body: ReadableStream.from(stream()), duplex: "half"});
await viaFetch("fetch GET", key("a"));
await viaFetch("fetch GET, streamed", key("stream"));
await viaFetch("fetch GET, unchanged", key("a"), {headers: {"If-None-Match": created.headers.get("etag")}});
await viaFetch("fetch HEAD", key("a"), {method: "HEAD"});
await viaFetch("fetch POST", new URL("?op=incr", key("count")), {method: "POST"});
await viaFetch("fetch DELETE", key("a"), {method: "DELETE"});
for (let round = 0; round < 3; round++) {
    await viaHTTP("http PUT", key("b"), "PUT", {fields: {"Content-Length": 5}, pieces: ["hello"]});
    await viaHTTP("http GET", key("b"), "GET");
    await viaHTTP("http PUT, chunked", key("c"), "PUT", {pieces: ["he", "llo", "!"]});
    await viaHTTP("http PUT, expecting", key("d"), "PUT",
        {fields: {"Content-Length": 5, "Expect": "100-continue"}, pieces: ["hello"]});
    await viaHTTP("http GET, part", key("b"), "GET", {fields: {Range: "bytes=1-2"}});
    await viaHTTP("http OPTIONS", key("b"), "OPTIONS");
}
// Idle connections of `fetch` would keep the process for as long as the server keeps them.
process.exit();

// Signs each request that stands as a line of JSON on the standard input and
// prints the headers to add. The argument names the signer: aws4, aws4fetch or
// smithy, which is that of the AWS SDK for JavaScript.
import { createInterface } from "node:readline";
import { Sha256 } from "@aws-crypto/sha256-js";
import { HttpRequest } from "@smithy/protocol-http";
import { SignatureV4 } from "@smithy/signature-v4";
import aws4 from "aws4";
import { AwsV4Signer } from "aws4fetch";

const signers = {
  aws4: async (r, u) =>
    aws4.sign(
      { host: u.host, method: r.method, path: u.pathname + u.search, headers: { ...r.headers }, body: r.body || undefined, service: "execute-api", region: r.region },
      { accessKeyId: r.key, secretAccessKey: r.secret, sessionToken: r.token },
    ).headers,
  aws4fetch: async (r) => {
    const s = await new AwsV4Signer({
      method: r.method, url: r.url, headers: r.headers, body: r.body || undefined, allHeaders: true,
      accessKeyId: r.key, secretAccessKey: r.secret, sessionToken: r.token, service: "execute-api", region: r.region,
    }).sign();
    return Object.fromEntries(s.headers);
  },
  smithy: async (r, u) => {
    const query = {};
    for (const [k, v] of u.searchParams) (query[k] ??= []).push(v);
    const s = await new SignatureV4({
      credentials: { accessKeyId: r.key, secretAccessKey: r.secret, sessionToken: r.token },
      service: "execute-api", region: r.region, sha256: Sha256,
    }).sign(new HttpRequest({ method: r.method, protocol: u.protocol, hostname: u.hostname, path: u.pathname, query, headers: { host: u.host, ...r.headers }, body: r.body || undefined }));
    return s.headers;
  },
};

const sign = signers[process.argv[2]];
for await (const line of createInterface({ input: process.stdin })) {
  const r = JSON.parse(line);
  const headers = Object.entries(await sign(r, new URL(r.url)));
  console.log(JSON.stringify(Object.fromEntries(headers.map(([name, value]) => [name, String(value)]))));
}

/**
 * Requests from elsewhere on the Internet. Whoever is on the machine meets no limits of addresses, and the proxy lets
 * nobody say who they are; so these go to the deployed function, as API Gateway would hand them on.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { request } from "node:http";

const EMULATOR = process.env.AWS_ENDPOINT_URL ?? "http://127.0.0.1:4600";
const FUNCTIONS = "/2015-03-31/functions";
const AUTHORIZATION =
  "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/lambda/aws4_request, " +
  `SignedHeaders=host;x-amz-date, Signature=${"0".repeat(64)}`;
const ANSWER_LIMIT_MS = 60_000;

/** An address that nobody had before (RFC 3849), in a network of its own. */
export const anAddress = () =>
  `2001:db8:${randomBytes(4)
    .toString("hex")
    .replace(/(.{4})/, "$1:")}::1`;

/** The API's reply to a request from that address: status, headers and body. */
export async function asFrom(address, method, path, body, headers = {}) {
  const event = {
    resource: "/{proxy+}",
    path,
    httpMethod: method,
    headers: { ...headers, "content-type": "application/json" },
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
    pathParameters: { proxy: path.slice(1) },
    stageVariables: null,
    requestContext: {
      resourcePath: "/{proxy+}",
      httpMethod: method,
      path: `/test${path}`,
      stage: "test",
      requestId: randomUUID(),
      identity: { sourceIp: address },
    },
    body: JSON.stringify(body),
    isBase64Encoded: false,
  };
  const reply = await lambda("POST", `${FUNCTIONS}/${await api()}/invocations`, JSON.stringify(event));
  const many = Object.entries(reply.multiValueHeaders ?? {}).map(([name, values]) => [
    name,
    values.join(", "),
  ]);
  return {
    status: reply.statusCode,
    headers: { ...Object.fromEntries(many), ...reply.headers },
    body: reply.body,
  };
}

let found;
/** The name of the function that is the API. */
async function api() {
  found ??= (await lambda("GET", `${FUNCTIONS}/?MaxItems=50`)).Functions.map((one) => one.FunctionName).find(
    (name) => name.includes("ApiFunction"),
  );
  return found;
}

/** A call as a developer's own tool makes it; not by fetch, which says `Sec-Fetch-Mode` in Node too. */
function lambda(method, path, body) {
  const headers = {
    Authorization: AUTHORIZATION,
    "X-Amz-Date": "20260101T000000Z",
    "Content-Type": "application/json",
  };
  return new Promise((resolve, reject) => {
    const call = request(EMULATOR + path, { method, headers, timeout: ANSWER_LIMIT_MS }, async (response) => {
      let text = "";
      for await (const piece of response.setEncoding("utf8")) text += piece;
      if (response.statusCode === 200) resolve(JSON.parse(text));
      else reject(new Error(`${path}: ${response.statusCode} ${text}`));
    });
    call.on("timeout", () => call.destroy(new Error(`${path}: no answer`)));
    call.on("error", reject).end(body);
  });
}

// Middleware for Express: asks Wardkey whose a request's token is and what it may do.
//
//   const wardkey = makeWardkey({ url: "https://wardkey.example" });
//   app.post("/releases", wardkey({ scope: "write:releases" }), (req, res) => …req.wardkey…);

const BEARER = /^Bearer +[A-Za-z0-9._~+/-]+=*$/i; // RFC 6750
const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;

/** Returns a maker of middleware that asks the Wardkey at `url`, for at most `limit` ms in all. */
export function makeWardkey({ url, limit = 2000 }) {
  return ({ scope = [] } = {}) => {
    const address = new URL(`${url}/api/tokens/validate`);
    for (const one of [scope].flat()) address.searchParams.append("scope", one);
    return async (req, res, next) => {
      // Not req.headers: of two it has the first, and another program may read the second.
      const sent = req.headersDistinct.authorization ?? [];
      if (sent.length !== 1 || !BEARER.test(sent[0])) {
        res.set("WWW-Authenticate", "Bearer");
        return problem(res, 401, "Send one Authorization: Bearer with a token.");
      }
      const answer = await ask(address, headersFor(sent[0], req.get("X-Request-Id")), limit);
      if (answer?.status === 401 || answer?.status === 403) return passOn(res, answer);
      const identity = answer?.status === 200 ? identityIn(answer.headers) : null;
      if (!identity) return problem(res, 503, "Tokens cannot be checked at the moment.");
      req.wardkey = identity;
      next();
    };
  };
}

function headersFor(credential, requestId) {
  const headers = { Authorization: credential };
  if (REQUEST_ID.test(requestId ?? "")) headers["X-Request-Id"] = requestId;
  return headers;
}

/** Returns Wardkey's answer, or null when it cannot be had in time. */
async function ask(address, headers, limit) {
  try {
    // fetch reuses connections of whose answers the body was read; it caches nothing.
    const signal = AbortSignal.timeout(limit);
    const answer = await fetch(address, { headers, signal, redirect: "manual" });
    const body = Buffer.from(await answer.arrayBuffer());
    return { status: answer.status, headers: answer.headers, body };
  } catch {
    return null;
  }
}

/** Returns who asks, or null when the answer does not name them. Decide by the ids: slugs recur. */
function identityIn(headers) {
  const identity = {
    organizationId: headers.get("X-Wardkey-Organization"),
    serviceAccountId: headers.get("X-Wardkey-Service-Account-Id"),
    serviceAccountSlug: headers.get("X-Wardkey-Service-Account"),
    tokenId: headers.get("X-Wardkey-Token"),
    scopes: headers.get("X-Wardkey-Scopes")?.split(" ").filter(Boolean),
  };
  return Object.values(identity).every(Boolean) ? Object.freeze(identity) : null;
}

/** Answers with Wardkey's refusal as it is. */
function passOn(res, answer) {
  for (const name of ["Content-Type", "WWW-Authenticate"]) {
    if (answer.headers.has(name)) res.setHeader(name, answer.headers.get(name));
  }
  res.status(answer.status).end(answer.body);
}

/** Answers with a problem document (RFC 9457) of this service's own. */
function problem(res, status, detail) {
  const body = JSON.stringify({ type: "about:blank", status, detail });
  res.status(status).setHeader("Content-Type", "application/problem+json").end(body);
}

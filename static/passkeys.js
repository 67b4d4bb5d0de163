// Passkeys: <form data-passkey="create|get"> has the browser make or use one, and sends what it says.
// What the browser is asked stands in the page (#passkey-options) or at the address in data-options.
(() => {
  "use strict";
  const bytes = (t) => Uint8Array.from(atob(t.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (b) => btoa(String.fromCharCode(...new Uint8Array(b))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const readable = (o) => {
    const k = { ...o, challenge: bytes(o.challenge) };
    if (o.user) k.user = { ...o.user, id: bytes(o.user.id) };
    for (const list of ["excludeCredentials", "allowCredentials"]) if (o[list]) k[list] = o[list].map((c) => ({ ...c, id: bytes(c.id) }));
    return k;
  };
  const told = (c) => {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) if (c.response[name]) response[name] = text(c.response[name]);
    return JSON.stringify({ id: c.id, rawId: text(c.rawId), type: c.type, response, clientExtensionResults: c.getClientExtensionResults() });
  };
  for (const form of document.querySelectorAll("[data-passkey]")) form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const error = form.querySelector("[role=alert][hidden]") || form.querySelector(".error"), button = form.querySelector("button");
    if (error) error.hidden = true;
    button.disabled = true;
    try {
      const asked = form.dataset.options
        ? await (await fetch(form.dataset.options, { headers: { Accept: "application/json" } })).json()
        : JSON.parse(document.getElementById("passkey-options").textContent);
      const made = await navigator.credentials[form.dataset.passkey]({ publicKey: readable(asked.publicKey) });
      form.elements.credential.value = told(made);
      form.submit();
    } catch {
      if (error) error.hidden = false;
      button.disabled = false;
    }
  });
})();

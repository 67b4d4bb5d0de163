// Progressive enhancement only: every page works without this file.
(() => {
  "use strict";
  const $ = (s, r = document) => r.querySelector(s), $$ = (s, r = document) => [...r.querySelectorAll(s)];
  document.documentElement.classList.add("js");
  const live = $("#live");
  const say = (t) => { if (live) { live.textContent = ""; requestAnimationFrame(() => { live.textContent = t; }); } };

  // Copy: <button data-copy="element-id">; what it then says stands in data-done and data-failed.
  for (const b of $$("[data-copy]")) b.addEventListener("click", async () => {
    const el = document.getElementById(b.dataset.copy), label = $("span", b) || b, was = label.textContent;
    let told = b.dataset.done || "Copied";
    try { await navigator.clipboard.writeText(el.textContent.trim()); }
    catch { getSelection().selectAllChildren(el); told = b.dataset.failed || "Press Ctrl C"; }
    label.textContent = told; say(told);
    setTimeout(() => { label.textContent = was; }, 2000);
  });

  // Download: as a blob, since the address of a data: link would keep its content in the history.
  for (const b of $$("[data-download]")) b.addEventListener("click", () => {
    const text = document.getElementById(b.dataset.download).textContent.trim() + "\n";
    const a = document.createElement("a");
    a.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    a.download = b.dataset.name; a.click();
    setTimeout(() => URL.revokeObjectURL(a.href), 1000);
  });

  // What is shown once does not stay in a page that the browser keeps for Back.
  if ($("[data-once]")) {
    addEventListener("pagehide", () => { for (const el of $$("[data-once]")) el.remove(); });
    addEventListener("pageshow", (e) => { if (e.persisted) location.reload(); });
  }

  // A second press of a button, as of a double click, sends nothing: the first answer would be lost.
  for (const f of $$("form[method=post]")) f.addEventListener("submit", (e) => {
    if (e.timeStamp - f.sentAt < 1000) e.preventDefault(); else f.sentAt = e.timeStamp;
  });

  // Filter the rows that are on the page while typing; Enter still asks the server for all of them.
  for (const i of $$("[data-filter]")) i.addEventListener("input", () => {
    const q = i.value.trim().toLowerCase(); let n = 0;
    for (const tr of $$(`#${i.dataset.filter} tbody tr`)) n += !(tr.hidden = !tr.textContent.toLowerCase().includes(q));
    say(i.dataset.shown.replace("%n", n));
  });

  // Select all rows that are shown: <input type="checkbox" data-all="name">
  for (const all of $$("[data-all]")) all.addEventListener("change", () => {
    for (const c of $$(`input[name=${all.dataset.all}]`)) c.checked = all.checked && !c.closest("[hidden]");
  });

  // Slug preview: follows the name until the person edits it.
  const name = $("[data-slug-from]"), slug = name && document.getElementById(name.dataset.slugFrom);
  if (slug) {
    if (slug.value) slug.dataset.own = "1";
    slug.addEventListener("input", () => { slug.dataset.own = "1"; });
    name.addEventListener("input", () => {
      if (!slug.dataset.own) slug.value = name.value.normalize("NFKD").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 100).replace(/-$/, "");
    });
  }

  // Scope presets, the running count, and what the ticked scopes allow, in words.
  const picker = $(".picker"), count = $("#count"), allows = $("#allows");
  const includes = (have, want) => {
    const [a, m] = have.split(":"), [b, n] = want.split(":");
    return have === "write:*" || ((m === "*" || m === n) && (a === b || (a === "write" && b === "read")));
  };
  const recount = () => {
    const boxes = $$("input:checked", picker), n = boxes.length, d = count.dataset;
    count.textContent = $("[value=inherit]")?.checked ? d.follows : (n === 1 ? d.one : d.many).replace("%n", n);
    const told = boxes.filter((c) => !boxes.some((o) => o !== c && includes(o.value, c.value)));
    allows.replaceChildren(...(told.length ? told.map((c) => c.getAttribute("aria-label")) : [allows.dataset.none]).map((words) => {
      const li = document.createElement("li"); li.textContent = words; return li;
    }));
  };
  for (const b of $$("[data-preset]")) b.addEventListener("click", (e) => {
    e.preventDefault();
    const want = b.dataset.preset.split(" "), choose = $("[value=choose]");
    for (const c of $$("input", picker)) c.checked = !c.disabled && want.includes(c.value);
    if (choose) choose.checked = true;
    recount();
  });
  if (picker && count && allows) { document.addEventListener("change", recount); recount(); }

  // After a refusal: to the first field at fault.
  $("[aria-invalid=true], .error[tabindex]")?.focus();
})();

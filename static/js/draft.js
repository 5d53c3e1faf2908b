/*
 * Keeps what is typed into form[data-draft="name"] until the server has saved it.
 *
 * A draft is stored in this browser for one person, one form's destination and name. It survives a lost
 * connection, an expired session and a refused form, and goes when a page with a success message
 * ([data-saved]) follows its submission, when it is a week old, or when the person signs out.
 */
(() => {
  "use strict";
  const PREFIX = "draft:";
  const WEEK = 7 * 24 * 3600 * 1000;
  const DELAY = 400;
  const TEXT = "textarea, select, input[type=text], input[type=date], input[type=number], input:not([type])";
  const person = document.body.dataset.user || "";
  const mine = `${PREFIX}${person}:`;

  const storage = (() => {
    try {
      const probe = `${PREFIX}probe`;
      localStorage.setItem(probe, "1");
      localStorage.removeItem(probe);
      return localStorage;
    } catch {
      return null;
    }
  })();
  if (!storage || !person) return;

  const keys = () => Object.keys(storage).filter((key) => key.startsWith(PREFIX));
  const load = (key) => {
    try {
      return JSON.parse(storage.getItem(key));
    } catch {
      return null;
    }
  };
  const save = (key, draft) => {
    try {
      storage.setItem(key, JSON.stringify(draft));
    } catch {
      /* storage is full: typing goes on, the draft of a moment ago remains */
    }
  };
  // Named by where the form goes, which a refused page (at another address) has in common with the first.
  const keyOf = (form) => `${mine}${new URL(form.action, location.href).pathname}:${form.dataset.draft}`;
  const controls = (form) => [...form.querySelectorAll(TEXT)].filter((control) => control.name);
  const valuesOf = (form) => Object.fromEntries(controls(form).map((c) => [c.name, c.value]));
  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
  const fill = (form, values) => {
    controls(form).forEach((control) => {
      if (control.name in values) control.value = values[control.name];
    });
  };
  let leaving = false; // signed out: nothing may be written any more
  const clock = (time) =>
    new Date(time).toLocaleString("zh-CN", { month: "long", day: "numeric", hour: "2-digit", minute: "2-digit" });

  function notice(form, draft, served) {
    const line = document.createElement("div");
    line.className = "message message-warn";
    line.setAttribute("role", "status");
    const text = document.createElement("p");
    text.textContent = `已恢复您 ${clock(draft.at)} 尚未提交的内容。`;
    if (!same(draft.served, served)) text.textContent += "此后这里的内容已有变化，请核对后再提交。";
    const drop = document.createElement("button");
    drop.type = "button";
    drop.className = "button-link";
    drop.textContent = "放弃";
    drop.addEventListener("click", () => {
      storage.removeItem(keyOf(form));
      fill(form, served);
      line.remove();
    });
    line.append(text, drop);
    form.prepend(line);
  }

  function watch(form) {
    if (form.dataset.draftWatched) return;
    form.dataset.draftWatched = "yes";
    const key = keyOf(form);
    const served = valuesOf(form);
    const status = form.querySelector("[data-draft-status]");
    const draft = load(key);
    if (draft && !same(draft.values, served)) {
      fill(form, draft.values);
      notice(form, draft, served);
    }
    let timer = 0;
    const keep = () => {
      clearTimeout(timer);
      timer = 0;
      save(key, { at: Date.now(), values: valuesOf(form), served });
      if (status) status.textContent = `草稿已存在本机 ${clock(Date.now())}`;
    };
    form.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(keep, DELAY);
    });
    // The server has it now: what it holds is what counts.
    form.addEventListener("draft:kept", () => {
      clearTimeout(timer);
      timer = 0;
      storage.removeItem(key);
    });
    form.addEventListener("submit", () => {
      clearTimeout(timer);
      timer = 0;
      save(key, { at: Date.now(), values: valuesOf(form), served, sent: true });
    });
    window.addEventListener("pagehide", () => {
      if (timer && !leaving) keep();
    });
  }

  function forgetSaved() {
    if (!document.querySelector("[data-saved]")) return;
    // The message answers the latest submission; an earlier one that failed keeps its draft.
    const sent = keys().filter((key) => key.startsWith(mine) && (load(key) || {}).sent);
    sent.sort((one, other) => load(other).at - load(one).at);
    if (sent.length) storage.removeItem(sent[0]);
  }

  function forgetOld() {
    keys()
      .filter((key) => Date.now() - ((load(key) || {}).at || 0) > WEEK)
      .forEach((key) => storage.removeItem(key));
  }

  function start() {
    forgetSaved();
    forgetOld();
    document.querySelectorAll("form[data-draft]").forEach(watch);
  }

  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-sign-out]")) return;
    leaving = true;
    keys()
      .filter((key) => key.startsWith(mine))
      .forEach((key) => storage.removeItem(key));
  });
  document.addEventListener("htmx:load", start);
  start();
})();

/*
 * Sends what is typed into form[data-keep] to the server as a draft, while it is being typed.
 *
 * data-keep is the address of the draft. What cannot be sent stays in the page (and in this browser: draft.js),
 * says so, and is tried again. After a save of somebody else both texts are shown and nothing more is sent by
 * itself until the person has chosen a button. Without script 存草稿 does the same.
 */
(() => {
  "use strict";
  const DELAY = 1200;
  const AGAIN = [5000, 15000, 30000];
  const kept = new WeakMap();

  const state = (form) => {
    if (!kept.has(form)) kept.set(form, { timer: 0, tries: 0, changed: false, sending: null, halted: false });
    return kept.get(form);
  };

  function say(form, text, wrong = false) {
    const status = form.querySelector("[data-keep-status]");
    status.textContent = text;
    status.classList.toggle("field-error", wrong);
  }

  function setVersions(form, answer) {
    if (answer.version) form.elements.version.value = answer.version;
    if (answer.measure_version) form.elements.measure_version.value = answer.measure_version;
    // The one-tap form beside it would now pass over a draft: it goes.
    const tap = form.closest("li").querySelector(".return-tap");
    if (tap) tap.remove();
  }

  function signIn(form) {
    say(form, "登录已过期，内容还在这一页。", true);
    const link = document.createElement("a");
    link.href = location.pathname;
    link.target = "_blank";
    link.textContent = "请在新窗口登录，登录后这里会自动再存";
    form.querySelector("[data-keep-status]").append(link);
  }

  // After a new sign-in the page's token is another one.
  async function renewToken() {
    const page = await fetch(location.pathname, { redirect: "manual" });
    if (!page.ok) return false;
    const fresh = new DOMParser().parseFromString(await page.text(), "text/html");
    const token = fresh.querySelector("input[name=csrfmiddlewaretoken]");
    if (!token) return false;
    document.querySelectorAll("input[name=csrfmiddlewaretoken]").forEach((input) => {
      input.value = token.value;
    });
    return true;
  }

  function later(form) {
    const mine = state(form);
    const wait = AGAIN[Math.min(mine.tries, AGAIN.length - 1)];
    mine.tries += 1;
    mine.changed = true;
    clearTimeout(mine.timer);
    mine.timer = setTimeout(() => keep(form), wait);
  }

  async function send(form) {
    const mine = state(form);
    mine.changed = false;
    const answer = await fetch(form.dataset.keep, {
      method: "POST",
      body: new FormData(form),
      headers: { Accept: "application/json" },
      redirect: "manual",
    });
    if (answer.status === 200) {
      const said = await answer.json();
      setVersions(form, said);
      mine.tries = 0;
      say(form, `草稿已存 ${said.at}`);
      if (!mine.changed) form.dispatchEvent(new CustomEvent("draft:kept"));
      return true;
    }
    if (answer.status === 409) {
      const said = await answer.json();
      setVersions(form, said);
      form.querySelector("[data-keep-conflict]").innerHTML = said.conflict;
      mine.halted = true;
      say(form, "没有自动保存：别人也在改这一条。请核对上面的两份内容，再按按钮。", true);
      return false;
    }
    if (answer.status === 422) {
      say(form, `没有存草稿：${(await answer.json()).error}`, true);
      return false;
    }
    if (answer.type === "opaqueredirect") signIn(form);
    else if (answer.status === 403 && (await renewToken())) mine.tries = 0;
    else if (answer.status === 403) signIn(form);
    else if (answer.status === 404) {
      say(form, "没有存草稿：这一条已不在您的名下。内容还在这一页，请另行保存。", true);
      return false;
    } else say(form, "没有存上，内容还在这一页，正在重试。", true);
    later(form);
    return false;
  }

  function keep(form) {
    const mine = state(form);
    clearTimeout(mine.timer);
    if (mine.halted || mine.leaving) return Promise.resolve(false);
    if (mine.sending) return mine.sending.then(() => (mine.changed ? keep(form) : true));
    mine.sending = send(form)
      .catch(() => {
        say(form, "没有连上，内容还在这一页，正在重试。", true);
        later(form);
        return false;
      })
      .finally(() => {
        mine.sending = null;
      });
    return mine.sending;
  }

  const changedForms = () => [...document.querySelectorAll("form[data-keep]")].filter((form) => state(form).changed);

  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-keep]");
    if (!form) return;
    const mine = state(form);
    mine.changed = true;
    clearTimeout(mine.timer);
    if (!mine.halted) mine.timer = setTimeout(() => keep(form), DELAY);
  });

  // A button sends the form itself: first what is under way must have come back with its version.
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-keep]");
    if (!form) return;
    const mine = state(form);
    clearTimeout(mine.timer);
    if (mine.sending) {
      event.preventDefault();
      const button = event.submitter;
      mine.leaving = true;
      mine.sending.finally(() => {
        mine.leaving = false;
        if (!mine.halted) form.requestSubmit(button);
      });
    }
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-keep-first]");
    if (!link || !changedForms().length) return;
    event.preventDefault();
    Promise.all(changedForms().map(keep)).then(() => {
      if (!changedForms().length && ![...document.querySelectorAll("form[data-keep]")].some((form) => state(form).halted))
        location.assign(link.href);
    });
  });

  window.addEventListener("online", () => changedForms().forEach(keep));
  window.addEventListener("beforeunload", (event) => {
    if (changedForms().some((form) => !state(form).leaving && state(form).tries)) event.preventDefault();
  });
})();

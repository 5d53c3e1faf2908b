/*
 * Sends form[data-upload] with a bar that shows how far it is. data-upload is the id of the part of the page
 * that is put in place of the old one where the server refuses. Without script the form is sent as any other.
 */
(() => {
  "use strict";

  function tooLarge(form) {
    const most = Number(form.dataset.most);
    const files = [...form.querySelectorAll("input[type=file]")].flatMap((input) => [...input.files]);
    return most ? files.find((file) => file.size > most) : undefined;
  }

  function send(form) {
    const bar = form.querySelector("progress");
    const status = form.querySelector("[data-upload-status]");
    const button = form.querySelector("button[type=submit]");
    const say = (text) => {
      status.textContent = text;
    };
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("X-Upload", "1");
    request.upload.addEventListener("progress", (event) => {
      if (!event.lengthComputable) return;
      bar.value = Math.floor((100 * event.loaded) / event.total);
      say(bar.value < 100 ? `正在上传，已完成${bar.value}%` : "已传完，正在检查文件…");
    });
    request.addEventListener("load", () => {
      const go = request.getResponseHeader("X-Go");
      if (go) {
        location.assign(go);
        return;
      }
      refused(form, request);
    });
    request.addEventListener("error", () => stopped("网络中断，没有上传。文件还在，请再按一次上传。"));
    request.addEventListener("abort", () => stopped("已停止，没有上传。"));
    const stopped = (text) => {
      bar.hidden = true;
      button.disabled = false;
      status.className = "field-error";
      say(text);
    };
    form.stopped = stopped;
    bar.hidden = false;
    button.disabled = true;
    status.className = "muted";
    say("正在上传…");
    request.send(new FormData(form));
  }

  function refused(form, request) {
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    const part = page.getElementById(form.dataset.upload);
    if (request.status === 413) form.stopped("文件合在一起太大，没有上传。请分几次上传。");
    else if (!part) form.stopped("没有上传。请刷新页面后重试。");
    else {
      const error = part.querySelector(".field-error, .message-error, [role=alert]");
      if (error && request.status !== 409) {
        form.stopped(error.textContent.trim());
        return; // the files that were chosen stay chosen
      }
      document.getElementById("main").replaceWith(page.getElementById("main"));
    }
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-upload]")) return;
    event.preventDefault();
    const large = tooLarge(form);
    if (large) {
      form.querySelector("[data-upload-status]").textContent = `${large.name} 超过了大小限制，没有上传。`;
      return;
    }
    send(form);
  });
})();

/* Opens the <dialog> that a link with data-dialog points to. Without it the style sheet shows the link's target. */
(() => {
  "use strict";
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("a[data-dialog]");
    if (opener) {
      const dialog = document.getElementById(opener.hash.slice(1));
      if (!dialog || !dialog.showModal) return;
      event.preventDefault();
      dialog.showModal();
      return;
    }
    const closer = event.target.closest("[data-dialog-close]");
    const open = closer && closer.closest("dialog[open]");
    if (open) {
      event.preventDefault();
      open.close();
    }
  });
})();

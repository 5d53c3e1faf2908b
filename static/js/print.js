/* Shows [data-print] buttons, which print the page, and hides the hint that stands in for them. */
(() => {
  "use strict";
  document.querySelectorAll("[data-print]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  });
  document.querySelectorAll("[data-print-hint]").forEach((hint) => {
    hint.hidden = true;
  });
})();

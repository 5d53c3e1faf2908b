/* Remembers the size of the letters that a reader chose. The style sheet does the rest. */
(() => {
  "use strict";
  const KEY = "size";
  const radios = document.querySelectorAll("input[type=radio][name=size]");
  if (!radios.length) return;

  const read = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null;
    }
  };
  const remember = (size) => {
    try {
      localStorage.setItem(KEY, size);
    } catch {
      /* private window: the choice lasts as long as the page */
    }
  };
  const show = (size) => {
    document.documentElement.dataset.size = size;
  };

  radios.forEach((radio) => {
    if (radio.value === read()) {
      radio.checked = true;
      show(radio.value);
    }
    radio.addEventListener("change", () => {
      remember(radio.value);
      show(radio.value);
    });
  });
})();

// A photo can be dropped on the page or pasted, and is sent at once.
"use strict";
(() => {
  const form = document.querySelector("form[data-drop]");
  const input = form.querySelector("input[type=file]");
  for (const hint of form.querySelectorAll(".with-script")) hint.hidden = false;
  const take = (files) => {
    const photo = [...files].find((file) => file.type.startsWith("image/"));
    if (!photo) return;
    const chosen = new DataTransfer();
    chosen.items.add(photo);
    input.files = chosen.files;
    form.requestSubmit();
  };
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    form.classList.add("over");
  });
  document.addEventListener("dragleave", () => form.classList.remove("over"));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("over");
    take(event.dataTransfer.files);
  });
  document.addEventListener("paste", (event) => take(event.clipboardData.files));
  input.addEventListener("change", () => input.files.length && form.requestSubmit());
})();

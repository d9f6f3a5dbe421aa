"""The style sheet and script of the pages, for people with a browser; the crawler never fetches them."""

STYLE = """
body {
  font-family: sans-serif; max-width: 640px; margin: 1rem auto; padding: 0 1rem;
  color: #333; background: #f6f3ee; }
a { color: #b3541e; text-decoration: none; }
img { width: 100%; height: auto; border-radius: 8px; display: block; }
figure { margin: 0; }
nav a, header a { margin-right: 1rem; font-weight: bold; }
.boke, .boke-entry, .boke-list, .odai, #__next main > div > div {
  background: #fff; border-radius: 8px; padding: 1rem; margin: 1rem 0; box-shadow: 0 1px 3px #0002; }
.boke-text, .boke_read, h1, h3 { display: block; font-size: 1.3rem; margin: .6rem 0; color: #222; }
.boke-text a, h3 a { color: inherit; }
.btn-default { border: 1px solid #ddd; border-radius: 4px; padding: .1rem .4rem; font-size: .85rem; }
ul { list-style: none; padding: 0; }
.modal { display: none; }
button, .btn-long, .pagination a { display: inline-block; padding: .5rem 1rem; }
small, .boke-information, .boke-information-label, .boke-entry-info { color: #888; font-size: .85rem; }
"""

ANGULAR = """
function showCaptions() {
  for (const place of document.querySelectorAll("[ng-init]"))
    place.innerText = decodeURIComponent(place.getAttribute("ng-init").slice(3, -1));
}
showCaptions();
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[ng-click]");
  if (!button) return;
  const [, last, category] = button.getAttribute("ng-click").match(/max_id:(\\d+),category:'(.*?)'/);
  const query = new URLSearchParams({category, max_id: last, op: "", rate: ""});
  const answer = await fetch(`/boke/recent/panel?${query}`);
  button.insertAdjacentHTML("afterend", await answer.text());
  button.remove();
  showCaptions();
});
"""
"""Does what AngularJS did with `ng-init` and `ng-click`, as far as these pages need it."""

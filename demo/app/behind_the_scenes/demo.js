for (const part of document.querySelectorAll("[data-needs-script]")) part.hidden = false;

// Lets you forge a session cookie, and remove it again. The app itself needs no script.
for (const button of document.querySelectorAll("[data-forge]")) {
  const name = button.dataset.forge;
  const forged = document.cookie.split("; ").some((cookie) => cookie.startsWith(name + "="));
  if (forged) button.textContent = `Remove the forged ${name}`;
  button.addEventListener("click", () => {
    document.cookie = `${name}=forged-by-the-browser; path=/; max-age=${forged ? 0 : 3600}`;
    location.reload();
  });
}

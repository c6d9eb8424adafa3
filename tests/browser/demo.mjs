// The demo and its check page in a real browser: log in, make a mistake, have it found, mend it, log
// out. Usage: see run.sh. Prints a line "ok WHAT" or "not ok WHAT" for each check.

import { mkdir } from "node:fs/promises";
import { chromium } from "playwright-core";

const [base, pictures] = process.argv.slice(2);
let failed = 0;

function check(what, condition) {
  if (!condition) failed += 1;
  console.log(`${condition ? "ok" : "not ok"} ${what}`);
}

await mkdir(pictures, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-sync"],
});

// What the browser complains of: a resource that the Content-Security-Policy refuses, an exception.
const complaints = [];

async function open(options = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && !/status of (403|503)/.test(message.text()))
      complaints.push(message.text());
  });
  return { context, page };
}

let number = 0;
async function take(page, name) {
  number += 1;
  await page.screenshot({ path: `${pictures}/${number}-${name}.png`, fullPage: true });
}

// With the keyboard alone.
async function press(page, role, name) {
  const target = page.getByRole(role, { name });
  await target.focus();
  await Promise.all([page.waitForNavigation({ waitUntil: "load" }), page.keyboard.press("Enter")]);
}

async function find_mistake(page, label, word, name) {
  await page.goto(`${base}/app/`);
  await press(page, "button", label);
  await page.goto(`${base}/sso-check`);
  await press(page, "button", /^Check now/);
  check(`the check page names ${word}`, (await page.textContent("main")).includes(word));
  await take(page, name);
  const html = await page.content();
  for (const cookie of await page.context().cookies())
    check(`and shows no value of ${cookie.name}`, !html.includes(cookie.value));
}

try {
  const { context, page } = await open();
  await page.goto(`${base}/app/`);
  check("the page says that it is a demo", await page.getByText("A demo.").isVisible());
  await page.keyboard.press("Tab");
  check("the first stop of the keyboard is the content",
    (await page.evaluate(() => document.activeElement.getAttribute("href"))) === "#content");
  await take(page, "nobody");

  await press(page, "button", /^A?\s*Alice Archer/);
  check("she is logged in", await page.locator('[data-user="alice"]').first().isVisible());
  await take(page, "alice");

  await page.goto(`${base}/sso-check`);
  check("nothing is checked at first", await page.getByText("Not checked yet").isVisible());
  await take(page, "not-checked");
  await press(page, "button", /^Check now/);
  check("single sign-on works", await page.getByText("SSO works").first().isVisible());
  await take(page, "works");

  await find_mistake(page, "Confluence without its authenticator", "sso-off", "sso-off");
  await find_mistake(page, "Crowd's password is another one", "crowd-password", "crowd-password");
  await page.goto(`${base}/app/`);
  await press(page, "button", "Mend it");
  check("it is mended", await page.getByText("Nothing is set up wrongly.").isVisible());

  await press(page, "button", "Log out");
  check("she is logged out", (await page.locator("[data-user]").count()) === 0);
  check("her cookie is gone", (await context.cookies()).length === 0);
  await context.close();

  // On a phone, in the dark, without scripts.
  const phone = await open({
    javaScriptEnabled: false, colorScheme: "dark", viewport: { width: 390, height: 800 },
  });
  await phone.page.goto(`${base}/app/`);
  check("what needs scripts is not offered", !(await phone.page.getByText("Forge a session").isVisible()));
  await take(phone.page, "phone-app");
  await phone.page.goto(`${base}/sso-check`);
  await take(phone.page, "phone-check");
  for (const path of ["/app/", "/sso-check"]) {
    await phone.page.goto(base + path);
    const box = await phone.page.locator("body").boundingBox();
    check(`${path} is no wider than a phone`, box.width <= 390);
  }
  await phone.context.close();
  check("the browser complains of nothing", complaints.length === 0);
  for (const complaint of complaints) console.log(`    ${complaint}`);
} finally {
  await browser.close();
}
process.exitCode = failed === 0 ? 0 : 1;

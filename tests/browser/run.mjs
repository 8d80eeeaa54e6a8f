// The dashboard in a real browser: Debian's Chromium, driven by playwright-core, against real servers on loopback.
//
//     node tests/browser/run.mjs [word]      all checks, or those whose name holds the word; TAP on standard output
//
// It makes its own stores (tests/py/dashboard_fixture.py) and servers (kit/serve_cli.py) in a temporary folder and removes them.
// CHROMIUM names another browser, PYTHON another interpreter. Exit status 1 when a check fails, 2 when nothing could be run.

import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const PYTHON = process.env.PYTHON ?? "/usr/bin/python3";
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
	"--disable-background-networking", "--disable-component-update"];

const PAGES = ["/", "/?run=1&run=4&run=6&baseline=4", "/runs", "/runs/5", "/runs/8", "/runs/5/series/getpid", "/runs/5/series/fork_exec_wait",
	"/diff", "/diff?run=2&run=5", "/diff?run=4&run=7", "/architecture", "/method", "/labs", "/labs/01", "/class", "/class/01"];
const PROBLEMS = ["/runs/999", "/nothing"];
const VIEWS = [
	{ colorScheme: "light", width: 1280 },
	{ colorScheme: "dark", width: 1280 },
	{ colorScheme: "light", width: 360 },
	{ colorScheme: "dark", width: 360 },
];

// ---- Servers --------------------------------------------------------------------------------------------------------

const folder = mkdtempSync(join(tmpdir(), "mortise-browser-"));
const servers = [];

/** Start a server over a store of a kind that dashboard_fixture.py makes ("none": no store at all); its address. */
async function serve(kind) {
	const store = join(folder, `${kind}.db`);
	if (kind !== "none") {
		const made = spawnSync(PYTHON, [join(ROOT, "tests/py/dashboard_fixture.py"), store, kind], { encoding: "utf8" });
		if (made.status !== 0) {
			throw new Error(`cannot make the store: ${made.stderr}`);
		}
	}
	const grades = join(folder, `${kind}-class`);
	spawnSync(PYTHON, [join(ROOT, "tests/py/class_fixture.py"), grades, ...(kind === "hostile" ? ["hostile"] : [])]);
	const server = spawn(PYTHON, ["-m", "kit.serve_cli", "--port", "0", "--store", `sqlite:///${store}`, "--grades", grades], { cwd: ROOT });
	servers.push(server);
	return new Promise((resolve, reject) => {
		let said = "";
		const listen = (chunk) => {
			said += chunk;
			const match = said.match(/http:\/\/127\.0\.0\.1:\d+/);
			if (match) {
				resolve(match[0]);
			}
		};
		server.stdout.on("data", listen);
		server.stderr.on("data", (chunk) => (said += chunk));
		server.on("exit", () => reject(new Error(`the server ended: ${said}`)));
	});
}

// ---- Checks ---------------------------------------------------------------------------------------------------------

const checks = [];
const check = (name, body) => checks.push({ name, body });

function expect(condition, message) {
	if (!condition) {
		throw new Error(message);
	}
}

function same(found, wanted, what) {
	const [one, other] = [JSON.stringify(found), JSON.stringify(wanted)];
	expect(one === other, `${what}: found ${one}, expected ${other}`);
}

/** A page in a context of its own that notes every error and every request that leaves its server. */
async function open(browser, base, path, options = {}) {
	const { width = 1280, height = 900, ...rest } = options;
	const context = await browser.newContext({ viewport: { width, height }, reducedMotion: "reduce", ...rest });
	const page = await context.newPage();
	const faults = [];
	const expected404 = options.status === 404;
	page.on("pageerror", (error) => faults.push(`page error: ${error.message}`));
	page.on("dialog", (dialog) => {
		faults.push(`dialog: ${dialog.message()}`);
		dialog.dismiss();
	});
	page.on("console", (message) => {
		const allowed = expected404 && message.text().includes("404");
		if (["error", "warning"].includes(message.type()) && !allowed) {
			faults.push(`console: ${message.text()}`);
		}
	});
	context.on("request", (request) => {
		if (!request.url().startsWith(`${base}/`) && !request.url().startsWith("data:")) {
			faults.push(`request to ${request.url()}`);
		}
	});
	page.on("response", (response) => {
		if (response.status() >= 400 && response.url() !== base + path) {
			faults.push(`${response.status()} ${response.url()}`);
		}
	});
	const answer = await page.goto(base + path, { waitUntil: "load" });
	same(answer.status(), options.status ?? 200, `status of ${path}`);
	return { page, context, faults };
}

const AXE = readFileSync(join(ROOT, "node_modules/axe-core/axe.min.js"), "utf8");

/** What axe-core finds wrong, as lines; every rule it has but the experimental ones. */
async function accessibilityFaults(page) {
	if (!(await page.evaluate(() => "axe" in window))) {
		await page.evaluate(AXE); // by the debugger, which the page's policy does not bind
	}
	const found = await page.evaluate(() => axe.run(document, {
		resultTypes: ["violations"],
		rules: { "color-contrast-enhanced": { enabled: true }, "target-size": { enabled: true } },
	}));
	return found.violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.target.join(" ")}: ${node.failureSummary}`));
}

/** Everything that may be wrong with a page as it stands: in both themes, with every detail unfolded. */
async function pageFaults(page, faults) {
	await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
	const found = [];
	for (const colorScheme of ["light", "dark"]) {
		await page.emulateMedia({ colorScheme });
		found.push(...(await accessibilityFaults(page)).map((fault) => `${colorScheme}: ${fault}`));
	}
	const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
	return [...faults, ...found, ...(wide > 0 ? [`the page is ${wide} pixels wider than the window`] : [])];
}

for (const width of [1280, 360]) {
	for (const path of [...PAGES, ...PROBLEMS]) {
		check(`accessible and quiet: ${path} ${width}`, async ({ browser, full }) => {
			const { page, context, faults } = await open(browser, full, path, { width, status: PROBLEMS.includes(path) ? 404 : 200 });
			const found = await pageFaults(page, faults);
			expect(found.length === 0, found.join("\n"));
			await context.close();
		});
	}
}

for (const [kind, paths] of [["none", ["/", "/runs"]], ["hostile", ["/", "/runs", "/runs/9", "/diff?run=4&run=9", "/runs/9/series/getpid", "/class/01"]]]) {
	for (const path of paths) {
		check(`accessible and quiet with a ${kind} store: ${path}`, async ({ browser, ...bases }) => {
			const { page, context, faults } = await open(browser, bases[kind], path, { width: 360 });
			const found = await pageFaults(page, faults);
			expect(found.length === 0, found.join("\n"));
			await context.close();
		});
	}
}

/** For each canvas: its name, and how many pixels of it are painted in how many colours. */
const inspectCanvases = () =>
	[...document.querySelectorAll("canvas[data-chart]")].map((canvas) => {
		const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
		const colours = new Set();
		let painted = 0;
		for (let at = 0; at < data.length; at += 4) {
			if (data[at + 3] > 0) {
				painted += 1;
				colours.add((data[at] << 16) | (data[at + 1] << 8) | data[at + 2]);
			}
		}
		const box = canvas.getBoundingClientRect();
		return {
			label: canvas.getAttribute("aria-label"), role: canvas.getAttribute("role"), table: canvas.dataset.table,
			hasTable: document.getElementById(canvas.dataset.table) !== null, painted, colours: colours.size, width: box.width, height: box.height,
		};
	});

for (const [path, count] of [["/", 12], ["/runs/5/series/getpid", 3], ["/?run=1&run=4&run=6", 12]]) {
	check(`charts draw: ${path}`, async ({ browser, full }) => {
		for (const view of VIEWS) {
			const { page, context } = await open(browser, full, path, view);
			const found = await page.evaluate(inspectCanvases);
			same(found.length, count, `charts on ${path}`);
			for (const one of found) {
				expect(one.painted > 2000 && one.colours > 20, `${one.table} is blank: ${JSON.stringify(one)}`);
				expect(one.role === "img" && one.label.length > 30 && one.hasTable, `${one.table} is not named, or its table is missing`);
				expect(one.width > 250 && one.height > 150 && one.width <= view.width, `${one.table} has a poor size: ${one.width} by ${one.height}`);
			}
			await context.close();
		}
	});
}

check("tables equal the store's figures, and charts equal their tables", async ({ browser, full }) => {
	const { page, context } = await open(browser, full, "/?baseline=l4linux");
	const told = await (await fetch(`${full}/compare.json?baseline=l4linux`)).json();
	const values = new Map(told.figures.flatMap((one) => one.values.map((value) => [`${one.figure} ${value.label}`, value])));
	const cells = await page.evaluate(() =>
		[...document.querySelectorAll(".topic tr[data-label] td[data-value]")].map((cell) => ({
			key: `${cell.dataset.figure} ${cell.parentElement.dataset.label}`,
			text: cell.querySelector(".value").textContent,
			ratio: cell.querySelector(".ratio").textContent,
		})),
	);
	expect(cells.length > 40, `only ${cells.length} cells`);
	for (const { key, text, ratio } of cells) {
		const wanted = values.get(key);
		expect(wanted !== undefined, `${key} is not in the store`);
		same(Number(text.replaceAll("\u202f", "")), wanted.value, key);
		const shown = Number(ratio.replace("×", "").replaceAll("\u202f", ""));
		expect(Math.abs(shown - wanted.ratio) <= 0.005 * wanted.ratio + 0.005, `${key}: ratio ${ratio}, expected ${wanted.ratio}`);
	}
	const charts = await page.evaluate(() =>
		[...document.querySelectorAll("canvas[data-chart]")].map((canvas) => {
			const drawn = Chart.getChart(canvas).data.datasets.flatMap((set) => set.data).map((point) => point?.y ?? point);
			const cells = [...document.querySelectorAll(`#${canvas.dataset.table} td[data-value]`)];
			const table = cells.map((cell) => Number(cell.dataset.drawn ?? cell.dataset.value)); // a chart of ratios draws those
			const ordered = (numbers) => numbers.filter((value) => value !== null).sort((a, b) => a - b);
			return { table: canvas.dataset.table, drawn: ordered(drawn), shown: ordered(table) };
		}),
	);
	for (const { table, drawn, shown } of charts) {
		same(drawn, shown, `chart of ${table}`);
	}
	await context.close();
});

check("keyboard: skip link, every stop visible, no trap", async ({ browser, full }) => {
	const { page, context } = await open(browser, full, "/");
	await page.keyboard.press("Tab");
	same(await page.evaluate(() => document.activeElement.className), "skip", "first stop");
	await page.keyboard.press("Enter");
	same(await page.evaluate(() => document.activeElement.id), "main", "where the skip link leads");
	await page.reload({ waitUntil: "load" });
	let stops = 0;
	for (let turn = 0; turn < 200; turn++) {
		await page.keyboard.press("Tab");
		const stop = await page.evaluate(() => {
			const active = document.activeElement;
			if (active === document.body) {
				return null;
			}
			const style = getComputedStyle(active);
			const box = active.getBoundingClientRect();
			const name = active.getAttribute("aria-label") || active.textContent.trim() || active.labels?.[0]?.textContent || "";
			const key = `${active.tagName} ${active.href ?? active.id ?? ""} ${name}`;
			return { key, name, ring: parseFloat(style.outlineWidth), line: style.outlineStyle, seen: box.width > 0 && box.height > 0 };
		});
		if (stop === null) {
			break;
		}
		expect(stop.name !== "", `${stop.key} has no name`);
		expect(stop.seen && stop.ring >= 2 && stop.line !== "none", `focus on ${stop.key} cannot be seen`);
		stops += 1;
	}
	expect(stops > 40 && stops < 199, `${stops} stops: a trap, or things that cannot be reached`);
	await context.close();
});

check("keyboard: a table is a stop exactly where it scrolls", async ({ browser, full }) => {
	for (const [width, some] of [[1280, false], [360, true]]) {
		const { page, context } = await open(browser, full, "/", { width });
		await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
		const look = () => [...document.querySelectorAll(".scroll")].map((one) => [one.scrollWidth > one.clientWidth + 1, one.tabIndex === 0]);
		const agree = `(${look})().every(([scrolls, stop]) => scrolls === stop)`; // sizes are observed after they were drawn
		await page.waitForFunction(agree, null, { timeout: 5000 }).catch(() => {});
		const found = await page.evaluate(look);
		expect(found.every(([scrolls, stop]) => scrolls === stop), `stops at ${width}: ${JSON.stringify(found)}`);
		same(found.some(([scrolls]) => scrolls), some, `whether a table scrolls at ${width}`);
		await context.close();
	}
});

check("keyboard: choose a baseline", async ({ browser, full }) => {
	const { page, context } = await open(browser, full, "/");
	await page.focus("#baseline");
	await page.keyboard.press("ArrowDown");
	await page.keyboard.press("Tab");
	await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
	expect(page.url().includes("baseline=mach3_ux"), `address is ${page.url()}`);
	same(await page.textContent(".is-baseline th a"), "mach3_ux", "baseline row");
	await context.close();
});

check("keyboard: pick runs and compare them, and their configurations", async ({ browser, full }) => {
	for (const [button, place] of [["Compare the chosen runs", "/?run=6&run=3"], ["Compare two configurations", "/diff?run=6&run=3"]]) {
		const { page, context } = await open(browser, full, "/runs");
		for (const id of [6, 3]) {
			await page.focus(`input[value="${id}"]`);
			await page.keyboard.press("Space");
		}
		await page.focus(`button:has-text("${button}")`);
		await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
		expect(page.url().endsWith(place), `address is ${page.url()}`);
		expect((await page.textContent("main")).includes("l4linux"), "the page shows the runs");
		await context.close();
	}
});

check("theme: toggles, lasts, and charts follow", async ({ browser, full }) => {
	const { page, context, faults } = await open(browser, full, "/", { colorScheme: "light" });
	const look = () => page.evaluate(() => ({
		ground: getComputedStyle(document.body).backgroundColor,
		chart: document.querySelector("canvas").toDataURL(),
		label: document.querySelector("[data-theme-toggle]").textContent,
	}));
	const light = await look();
	await page.focus("[data-theme-toggle]");
	await page.keyboard.press("Enter");
	await page.keyboard.press("Enter");
	const dark = await look();
	same(dark.label, "Theme: dark", "label of the button");
	expect(dark.ground !== light.ground && dark.chart !== light.chart, "the dark theme looks like the light one");
	await page.reload({ waitUntil: "load" });
	same((await look()).ground, dark.ground, "ground after loading again");
	await page.emulateMedia({ colorScheme: "dark" });
	await page.click("[data-theme-toggle]");
	same((await look()).ground, dark.ground, "automatic follows a dark system");
	same(faults, [], "faults");
	await context.close();
});

check("line charts: logarithmic on request", async ({ browser, full }) => {
	const { page, context, faults } = await open(browser, full, "/");
	const type = () => page.evaluate(() => Chart.getChart(document.querySelector('[data-chart="lines"]')).options.scales.y.type);
	same(await type(), "linear", "scale at first");
	await page.focus(".scale button:nth-child(2)");
	await page.keyboard.press("Enter");
	same(await type(), "logarithmic", "scale after the button");
	same(await page.getAttribute(".scale button:nth-child(2)", "aria-pressed"), "true", "state of the button");
	expect((await page.evaluate(inspectCanvases)).every((one) => one.painted > 2000), "a chart is blank");
	same(faults, [], "faults");
	await context.close();
});

check("without JavaScript: tables with bars, and the baseline form works", async ({ browser, full }) => {
	const { page, context } = await open(browser, full, "/", { javaScriptEnabled: false });
	expect(!(await page.isVisible("canvas")), "an empty canvas shows");
	expect(!(await page.isVisible("[data-theme-toggle]")), "a button shows that cannot work");
	const bars = await page.locator(".bar").count();
	expect(bars > 40 && (await page.locator(".bar").first().isVisible()), "the tables draw no bars");
	const box = await page.locator("#getpid-table tr:nth-child(2) td:nth-child(3) .bar rect").boundingBox();
	expect(box.width > 40 && box.height > 2, `the longest bar has no length: ${JSON.stringify(box)}`);
	await page.selectOption("#baseline", "linux");
	await Promise.all([page.waitForNavigation(), page.click('button[type="submit"]')]);
	expect(page.url().includes("baseline=linux"), `address is ${page.url()}`);
	same(await page.textContent(".is-baseline th a"), "linux", "baseline row");
	await page.goto(`${full}/runs/5/series/getpid`);
	expect(await page.isVisible("#bins"), "the counts are not shown");
	await context.close();
});

check("policy: injected script and style do nothing, nothing leaves the server", async ({ browser, full }) => {
	const { page, context } = await open(browser, full, "/");
	const outcome = await page.evaluate(async () => {
		const blocked = [];
		document.addEventListener("securitypolicyviolation", (event) => blocked.push(event.effectiveDirective));
		const script = document.createElement("script");
		script.textContent = "window.ran = true";
		document.body.append(script);
		const holder = document.createElement("div");
		holder.innerHTML = '<img src="x" onerror="window.ran = true"><p style="color: red">x</p>';
		document.body.append(holder);
		const image = new Image();
		image.src = "http://192.0.2.1/x.png";
		await fetch("http://192.0.2.1/").catch(() => {});
		await new Promise((resolve) => setTimeout(resolve, 300));
		return { ran: window.ran === true, blocked };
	});
	same(outcome.ran, false, "whether an injected script ran");
	for (const directive of ["script-src-elem", "script-src-attr", "style-src-attr", "img-src", "connect-src"]) {
		expect(outcome.blocked.includes(directive), `${directive} was not blocked: ${outcome.blocked}`);
	}
	await context.close();
});

check("print: light, without controls", async ({ browser, full }) => {
	const { page, context } = await open(browser, full, "/", { colorScheme: "dark", width: 794 }); // A4 at 96 dots an inch
	const dark = await page.evaluate(() => getComputedStyle(document.querySelector(".note")).color);
	await page.emulateMedia({ media: "print" });
	expect(dark !== (await page.evaluate(() => getComputedStyle(document.querySelector(".note")).color)), "print looks like the dark screen");
	same(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(255, 255, 255)", "paper");
	const axis = () => page.evaluate(() => Chart.getChart(document.querySelector("canvas")).options.scales.x.title.color);
	const soft = () => page.evaluate(() => getComputedStyle(document.querySelector(".note")).color);
	same(await axis(), await soft(), "ink of the charts on paper");
	const wide = await page.evaluate(() => Math.max(...[...document.querySelectorAll(".scroll")].map((one) => one.scrollWidth - one.clientWidth)));
	expect(wide <= 0, `a table is ${wide} pixels wider than the paper`);
	expect(!(await page.isVisible(".masthead nav")) && !(await page.isVisible(".theme")), "controls are printed");
	await context.close();
});

check("motion: none when the system asks for none; 320 pixels reflow", async ({ browser, full }) => {
	for (const path of PAGES) {
		const { page, context } = await open(browser, full, path, { width: 320 });
		same(await page.evaluate(() => getComputedStyle(document.documentElement).scrollBehavior), "auto", "scroll behaviour");
		const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
		expect(wide <= 0, `${path} is ${wide} pixels wider than the window`);
		await context.close();
	}
});

// ---- The run --------------------------------------------------------------------------------------------------------

async function main() {
	for (const [what, path] of [["a browser", CHROMIUM], ["playwright-core (make install)", join(ROOT, "node_modules/playwright-core")]]) {
		if (!existsSync(path)) {
			console.log(`Bail out! ${what} is missing: ${path}`);
			return 2;
		}
	}
	const { chromium } = await import("playwright-core");
	const [full, none, hostile] = [await serve("full"), await serve("none"), await serve("hostile")];
	const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
	const wanted = checks.filter(({ name }) => name.includes(process.argv[2] ?? ""));
	let failures = 0;
	console.log(`1..${wanted.length}`);
	for (const [number, { name, body }] of wanted.entries()) {
		try {
			await body({ browser, full, none, hostile });
			console.log(`ok ${number + 1} - ${name}`);
		} catch (error) {
			failures += 1;
			console.log(`not ok ${number + 1} - ${name}\n${String(error.message).replace(/^/gm, "# ")}`);
			await Promise.all(browser.contexts().map((context) => context.close()));
		}
	}
	await browser.close();
	return failures ? 1 : 0;
}

let status = 2;
try {
	status = await main();
} catch (error) {
	console.log(`Bail out! ${error.stack}`);
} finally {
	for (const server of servers) {
		server.removeAllListeners("exit");
		server.kill();
	}
	rmSync(folder, { recursive: true, force: true });
}
process.exit(status);

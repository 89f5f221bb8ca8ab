"use strict";
(() => {
  // What is drawn smaller cannot be read.
  const READABLE = 0.55;
  const by = (id) => document.getElementById(id);
  const [stage, diagram, slider] = [by("stage"), by("diagram"), by("slider")];
  const [first, latest] = [Number(slider.min), Number(slider.max)];
  const links = new Map([...document.querySelectorAll("#versions a")].map((a) => [Number(a.dataset.at), a]));
  const lines = [...diagram.querySelectorAll(".line")];

  // What is there in each version: "0-3 5" in `data-v` means the versions 0, 1, 2, 3 and 5.
  const parts = Array.from({ length: latest + 1 }, () => []);
  for (const part of document.querySelectorAll("[data-v]")) {
    for (const range of part.dataset.v.split(" ")) {
      const [from, to = from] = range.split("-").map(Number);
      for (let version = from; version <= to; version++) parts[version].push(part);
    }
  }
  const face = (number) => parts[current].find((part) => part.dataset.k === number);

  let current = latest;
  let scale = 1;
  let fitted = true;
  let opened = null;

  function show(version, how = {}) {
    version = Math.min(Math.max(version, first), latest);
    for (const part of parts[current]) part.classList.add("off");
    links.get(current)?.removeAttribute("aria-current");
    current = version;
    for (const part of parts[current]) part.classList.remove("off");
    const link = links.get(current);
    if (link) {
      link.setAttribute("aria-current", "true");
      link.scrollIntoView({ block: "nearest" });
      slider.setAttribute("aria-valuetext", link.querySelector(".file").textContent);
    }
    slider.value = current;
    by("at").textContent = current - first + 1;
    by("previous").disabled = current === first;
    by("next").disabled = current === latest;
    by("panels").parentElement.scrollTop = 0;
    if (opened) open(opened, { quiet: true });
    light(null);
    if (!how.still) {
      // Sandboxed pages have no address to change.
      try { history.replaceState(null, "", "#v=" + current); } catch {}
    }
    if (!fitted) reveal(parts[current].find((part) => part.matches(".face.added, .face.changed, .face.removed")));
  }

  function reveal(part) {
    if (!part) return;
    const [box, seen] = [part.getBoundingClientRect(), stage.getBoundingClientRect()];
    const is = box.left >= seen.left && box.right <= seen.right && box.top >= seen.top && box.bottom <= seen.bottom;
    if (!is) part.scrollIntoView({ block: "center", inline: "center" });
  }

  function fromAddress() {
    const found = /^#v=(\d+)$/.exec(location.hash);
    return found ? Number(found[1]) : latest;
  }

  // The details of a table, in the place of the migration.
  function open(number, how = {}) {
    const box = face(number);
    close({ quiet: true });
    if (!box) return;
    opened = number;
    box.classList.add("open");
    by("panels").classList.add("off");
    by("details").classList.remove("off");
    by("d" + box.dataset.d).classList.remove("off");
    if (!how.quiet) {
      by("details").parentElement.scrollTop = 0;
      by("close").focus({ preventScroll: true });
    }
  }

  function close(how = {}) {
    if (!opened) return;
    const box = face(opened);
    for (const part of diagram.querySelectorAll(".open")) part.classList.remove("open");
    for (const part of document.querySelectorAll(".detail")) part.classList.add("off");
    by("details").classList.add("off");
    by("panels").classList.remove("off");
    opened = null;
    if (!how.quiet) box?.focus({ preventScroll: true });
  }

  // The lines of the table that is pointed at.
  function light(number) {
    diagram.classList.toggle("dim", number !== null && lines.some((line) => touches(line, number)));
    for (const line of lines) line.classList.toggle("lit", number !== null && touches(line, number));
  }
  const touches = (line, number) =>
    !line.classList.contains("off") && (line.dataset.a === number || line.dataset.b === number);

  const { width, height } = diagram.viewBox.baseVal;
  function zoom(to) {
    scale = Math.min(Math.max(to, 0.1), 3);
    diagram.setAttribute("width", width * scale);
    diagram.setAttribute("height", height * scale);
  }
  const whole = () => Math.min((stage.clientWidth - 2) / width, (stage.clientHeight - 2) / height, 1.25);
  function fit() {
    fitted = true;
    zoom(whole());
  }
  function zoomBy(factor) {
    const [x, y] = [stage.scrollLeft + stage.clientWidth / 2, stage.scrollTop + stage.clientHeight / 2];
    const before = scale;
    zoom(scale * factor);
    fitted = false;
    stage.scrollLeft = (x * scale) / before - stage.clientWidth / 2;
    stage.scrollTop = (y * scale) / before - stage.clientHeight / 2;
  }

  slider.addEventListener("input", () => show(Number(slider.value)));
  by("previous").addEventListener("click", () => show(current - 1));
  by("next").addEventListener("click", () => show(current + 1));
  by("close").addEventListener("click", () => close());
  by("in").addEventListener("click", () => zoomBy(1.25));
  by("out").addEventListener("click", () => zoomBy(0.8));
  by("fit").addEventListener("click", fit);
  addEventListener("hashchange", () => show(fromAddress(), { still: true }));
  addEventListener("resize", () => { if (fitted) fit(); });

  document.addEventListener("click", (event) => {
    const change = event.target.closest?.(".change");
    if (change) {
      open(change.dataset.k);
      return reveal(face(change.dataset.k));
    }
    const box = event.target.closest?.(".face");
    if (box && !dragged) open(box.dataset.k);
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const box = event.target.closest?.(".face");
    const keys = {
      ArrowLeft: () => show(current - 1),
      ArrowRight: () => show(current + 1),
      Home: () => show(first),
      End: () => show(latest),
      Escape: () => close(),
      "+": () => zoomBy(1.25),
      "-": () => zoomBy(0.8),
      0: fit,
      Enter: box && (() => open(box.dataset.k)),
      " ": box && (() => open(box.dataset.k)),
    };
    const does = keys[event.key];
    // The slider knows its own keys.
    if (!does || (event.target === slider && /^(Arrow|Home|End)/.test(event.key))) return;
    event.preventDefault();
    does();
  });
  diagram.addEventListener("pointerover", (event) => light(event.target.closest(".face")?.dataset.k ?? null));
  diagram.addEventListener("pointerleave", () => light(null));
  diagram.addEventListener("focusin", (event) => light(event.target.closest(".face")?.dataset.k ?? null));

  // The diagram is moved by hand.
  let held = null;
  let dragged = false;
  stage.addEventListener("pointerdown", (event) => {
    dragged = false;
    if (event.button === 0 && event.pointerType === "mouse") held = [event.clientX, event.clientY, stage.scrollLeft, stage.scrollTop];
  });
  addEventListener("pointermove", (event) => {
    if (!held) return;
    const [x, y] = [event.clientX - held[0], event.clientY - held[1]];
    dragged ||= Math.hypot(x, y) > 4;
    stage.classList.toggle("held", dragged);
    if (dragged) [stage.scrollLeft, stage.scrollTop] = [held[2] - x, held[3] - y];
  });
  addEventListener("pointerup", () => {
    held = null;
    stage.classList.remove("held");
  });

  document.documentElement.classList.add("on");
  fit();
  if (whole() < READABLE) {
    fitted = false;
    zoom(READABLE);
  }
  show(fromAddress(), { still: true });
})();

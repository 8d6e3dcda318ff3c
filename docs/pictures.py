"""Make the README's pictures from a results folder: python docs/pictures.py results/sample

Figures are the report's own; the viewer is photographed in a headless Chromium.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
FIGURES = ("paths", "flow")
SIZE = (1280, 900)


def main(results: Path) -> None:
    PICTURES.mkdir(exist_ok=True)
    for figure in FIGURES:
        shutil.copyfile(results / "figures" / f"{figure}.png", PICTURES / f"{figure}.png")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen([
        sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), "--server.port", str(port),
        "--server.headless", "true", "--browser.gatherUsageStats", "false", "--", str(results),
    ])
    try:
        photograph(f"http://127.0.0.1:{port}/", PICTURES / "viewer.png")
    finally:
        server.terminate()


def photograph(address: str, path: Path) -> None:
    for _ in range(120):
        try:
            urlopen(address + "_stcore/health", timeout=1)
            break
        except OSError:
            time.sleep(0.5)
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                     "--disable-background-networking", f"--window-size={SIZE[0]},{SIZE[1]}"):
        options.add_argument(argument)
    options.binary_location = shutil.which("chromium") or ""
    browser = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        browser.get(address)
        WebDriverWait(browser, 60).until(lambda b: b.find_elements(By.TAG_NAME, "h1"))
        time.sleep(3)  # figures arrive after the heading
        browser.save_screenshot(str(path))
    finally:
        browser.quit()


if __name__ == "__main__":
    main(Path(sys.argv[1]))

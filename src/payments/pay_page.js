for (const form of document.forms) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const result = document.getElementById("result");
    for (const button of document.querySelectorAll("button")) button.disabled = true;
    try {
      const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      if (!answer.ok) throw new Error(String(answer.status));
      result.textContent = form.id === "pay" ? result.dataset.paid : result.dataset.canceled;
      for (const other of document.querySelectorAll("form")) other.hidden = true;
    } catch {
      result.textContent = result.dataset.failed;
      for (const button of document.querySelectorAll("button")) button.disabled = false;
    }
  });
}

// Sends what the forms of the browsable API hold, and shows the answer in place of the page's own.
const answer = document.getElementById("answer");

function readable(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

async function send(form) {
  const method = form.dataset.method;
  const body = form.elements.content?.value.trim();
  const headers = { Accept: "application/json", "X-CSRFToken": form.elements.csrfmiddlewaretoken.value };
  if (body) headers["Content-Type"] = "application/json";
  answer.textContent = `${method} ${form.action} …`;
  try {
    const response = await fetch(form.action, { method, headers, body: body || undefined });
    answer.textContent = `HTTP ${response.status} ${response.statusText}\n\n${readable(await response.text())}`;
  } catch (error) {
    answer.textContent = `${method} ${form.action} could not be sent: ${error.message}`;
  }
  answer.focus();
}

for (const form of document.querySelectorAll("form[data-method]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (form.dataset.method !== "DELETE" || confirm("Delete this?")) send(form);
  });
}

'use strict';
// The claim's form: the nearest claims below the statement, a preview below Markdown fields, and links to what is folded.
document.addEventListener('DOMContentLoaded', () => {
    const desk = document.querySelector('.claim-desk');
    const form = document.getElementById('claim_form');

    const preview = (field) => {
        const button = document.createElement('button');
        const shown = document.createElement('div');
        button.type = 'button';
        button.className = 'button preview-button';
        button.textContent = gettext('Preview');
        button.setAttribute('aria-label', `${gettext('Preview')}: ${field.labels[0].textContent.replace(/:\s*$/, '')}`);
        shown.className = 'markdown-preview';
        shown.setAttribute('role', 'status');
        shown.hidden = true;
        button.addEventListener('click', async () => {
            const body = new URLSearchParams({
                text: field.value,
                csrfmiddlewaretoken: form.elements.csrfmiddlewaretoken.value,
            });
            const response = await fetch(desk.dataset.markdown, {method: 'POST', body}).catch(() => null);
            shown.hidden = false;
            if (response && response.ok) {
                shown.innerHTML = await response.text();
            } else {
                shown.textContent = gettext('The preview could not be made. Your text is still here.');
            }
        });
        field.closest('.form-row').append(button, shown);
    };

    // The nearest claims, below the statement while it is typed.
    const nearest = (field) => {
        const shown = document.getElementById('statement-matches');
        const button = shown && shown.parentElement.querySelector('button');
        if (!button) {
            return;
        }
        let waiting;
        let asked = field.value.trim();
        const ask = async () => {
            const text = field.value.trim();
            if (text === asked || text.length < 12) {
                return;
            }
            asked = text;
            const body = new URLSearchParams({
                text,
                but: button.value,
                part: '1',
                csrfmiddlewaretoken: form.elements.csrfmiddlewaretoken.value,
            });
            const response = await fetch(button.formAction, {method: 'POST', body}).catch(() => null);
            if (response && response.ok && text === field.value.trim()) {
                shown.innerHTML = await response.text();
            }
        };
        field.closest('.form-row').append(shown);
        field.addEventListener('input', () => {
            clearTimeout(waiting);
            waiting = setTimeout(ask, 700);
        });
    };

    // A link to what is folded opens it. Some browsers do so by themselves.
    if (desk) {
        desk.addEventListener('click', (event) => {
            const link = event.target.closest('a[href^="#"]');
            const target = link && document.getElementById(link.hash.slice(1));
            for (let one = target && target.closest('details'); one; one = one.parentElement.closest('details')) {
                one.open = true;
            }
        });
    }

    // Enter in a field of one line would send the form.
    if (desk && form) {
        form.addEventListener('keydown', (event) => {
            if (event.key === 'Enter' && event.target.matches('input:not([type=submit], [type=button], [type=image])')) {
                event.preventDefault();
            }
        });
    }

    if (desk && form && form.elements.csrfmiddlewaretoken && form.querySelector('[name=_save]')) {
        ['id_explanation', 'id_method'].map((id) => document.getElementById(id)).filter(Boolean).forEach(preview);
        [document.getElementById('id_statement')].filter(Boolean).forEach(nearest);
    }
});

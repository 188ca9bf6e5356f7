'use strict';
// The claim's form: a preview below Markdown fields, and a warning before typed text is left behind.
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

    const guard = () => {
        let typed = Boolean(document.querySelector('.errornote'));
        form.addEventListener('input', () => { typed = true; });
        django.jQuery(form).on('change formset:removed', () => { typed = true; });
        form.addEventListener('submit', () => { typed = false; });
        window.addEventListener('beforeunload', (event) => {
            if (typed) {
                event.preventDefault();
            }
        });
    };

    if (desk && form && form.elements.csrfmiddlewaretoken && form.querySelector('[name=_save]')) {
        ['id_explanation', 'id_method'].map((id) => document.getElementById(id)).filter(Boolean).forEach(preview);
        guard();
    }
});

'use strict';
// Gives what select2 draws the name of the field it stands for, at the moment select2 starts.
// What a picker offers to add is added in a dialog, so that the form behind it stays as it is.
{
    const $ = django.jQuery;
    const start = $.fn.djangoAdminSelect2;

    const nameOf = (select) => {
        const label = select.labels.length ? select.labels[0].textContent.trim().replace(/:$/, '') : '';
        return select.getAttribute('aria-label') || label;
    };

    const name = (select) => {
        const shown = $(select).data('select2').$selection;
        const chosen = Array.from(select.selectedOptions, (option) => option.text).filter(Boolean).join(', ');
        shown.find('.select2-selection__rendered').attr('aria-label', nameOf(select) + (chosen && `: ${chosen}`));
        shown.find('.select2-search__field').attr('aria-label', nameOf(select));
    };

    const nameList = (select) => {
        const {$selection, $dropdown} = $(select).data('select2');
        // select2 says aria-owns, as ARIA 1.0 did; a combobox of today controls its list.
        $selection.attr('aria-controls', $selection.attr('aria-owns'));
        $dropdown.find('.select2-search__field').attr('aria-label', nameOf(select));
    };

    // The picker's `offer` has the address of a form, and the words while it is made and if that fails.
    const add = (select, offer) => {
        const dialog = document.createElement('dialog');
        const words = document.createElement('p');
        dialog.className = 'add-here';
        words.setAttribute('role', 'status');
        words.textContent = offer.wait;
        dialog.append(words);
        document.body.append(dialog);
        let isOpen = true;
        dialog.addEventListener('close', () => {
            isOpen = false;
            dialog.remove();
            $(select).data('select2').$selection.trigger('focus');
        });
        dialog.showModal();

        const choose = ({id, text}) => {
            const known = Array.from(select.options).find((option) => option.value === id);
            if (!known) {
                select.add(new Option(text, id));
            }
            select.value = id;
            $(select).trigger('change');
            dialog.close();
        };
        const send = async (address, body) => {
            const response = await fetch(address, {method: 'POST', body}).catch(() => null);
            if (!isOpen) {
                return;
            }
            if (response && response.ok && response.headers.get('Content-Type').startsWith('application/json')) {
                choose(await response.json());
                return;
            }
            const page = response ? new DOMParser().parseFromString(await response.text(), 'text/html') : null;
            const form = page && page.querySelector('form.added-here');
            if (form) {
                show(form);
            } else {
                dialog.querySelectorAll(':disabled').forEach((button) => { button.disabled = false; });
                words.textContent = offer.failed;
                dialog.prepend(words);
            }
        };
        const show = (form) => {
            dialog.replaceChildren(form);
            dialog.setAttribute('aria-labelledby', 'added-here-title');
            form.querySelectorAll('a').forEach((link) => { link.target = '_blank'; });
            form.querySelector('.closelink').addEventListener('click', () => dialog.close());
            form.addEventListener('submit', (event) => {
                event.preventDefault();
                const body = new URLSearchParams(new FormData(form, event.submitter));
                form.querySelectorAll('button').forEach((button) => { button.disabled = true; });
                send(form.action, body);
            });
            const first = form.querySelector('.errors input:not([type=hidden]), .errors select');
            (first || form.querySelector('input:not([type=hidden])')).focus();
        };
        send(offer.form, new URLSearchParams({
            csrfmiddlewaretoken: document.querySelector('[name=csrfmiddlewaretoken]').value,
        }));
    };

    $.fn.djangoAdminSelect2 = function() {
        start.call(this);
        this.each((_, select) => {
            name(select);
            $(select).on('change', () => name(select)).on('select2:open', () => nameList(select));
            $(select).on('select2:selecting', (event) => {
                const {data} = event.params.args;
                if (data.form) {
                    event.preventDefault();
                    $(select).select2('close');
                    add(select, data);
                }
            });
        });
        return this;
    };
}

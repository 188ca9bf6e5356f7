'use strict';
// Keeps what is typed in a form of the desk: a warning before it is left behind, and a draft in this browser that is offered again.
// Without this file, forms work as before. Passwords, hidden fields and files are never kept.
(() => {
    const PREFIX = 'factcheck-draft:';
    const WAIT = 400;
    const SKIPPED = new Set(['hidden', 'password', 'file', 'submit', 'button', 'reset', 'image']);
    const words = document.getElementById('desk-typed');
    const defaults = new WeakMap();

    const keys = () => Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
    // Storage may be full, or switched off.
    const attempt = (act, otherwise = null) => {
        try {
            return act();
        } catch {
            return otherwise;
        }
    };

    const fieldsOf = (form) => Array.from(form.elements).filter((field) => (
        field.name && !field.disabled && !SKIPPED.has(field.type) && !/password|__prefix__/i.test(field.name)
        && field.tagName !== 'FIELDSET' && field.tagName !== 'BUTTON'
    ));
    const isTicked = (field) => field.type === 'checkbox' || field.type === 'radio';

    const initial = (field) => {
        if (isTicked(field)) {
            return String(field.defaultChecked);
        }
        if (field.tagName !== 'SELECT') {
            return field.defaultValue;
        }
        const chosen = Array.from(field.options).filter((option) => option.defaultSelected);
        if (!chosen.length && !field.multiple && field.options.length) {
            chosen.push(field.options[0]);
        }
        return JSON.stringify(chosen.map((option) => option.value).sort());
    };
    const current = (field) => {
        if (isTicked(field)) {
            return String(field.checked);
        }
        if (field.tagName !== 'SELECT') {
            return field.value;
        }
        return JSON.stringify(Array.from(field.selectedOptions, (option) => option.value).sort());
    };
    // What the server sent, not what the browser put back into the form after Back.
    const remember = (form) => fieldsOf(form).forEach((field) => {
        if (!defaults.has(field)) {
            defaults.set(field, initial(field));
        }
    });
    const plain = (text) => text.replace(/\r\n?/g, '\n');
    const isChanged = (form) => fieldsOf(form).some((field) => (
        plain(current(field)) !== plain(defaults.has(field) ? defaults.get(field) : initial(field))
    ));

    // What was typed is never in a folded part of the page.
    const reveal = (field) => {
        const folded = field.closest('details');
        if (folded && plain(current(field)) !== plain(initial(field))) {
            folded.open = true;
        }
    };

    const kept = (form) => {
        const values = fieldsOf(form).map((field) => {
            if (isTicked(field)) {
                return [field.name, field.value, field.checked];
            }
            if (field.tagName === 'SELECT') {
                return [field.name, Array.from(field.selectedOptions, (option) => [option.value, option.text])];
            }
            return [field.name, field.value];
        });
        const rows = Array.from(form.elements)
            .filter((field) => /-TOTAL_FORMS$/.test(field.name))
            .map((field) => [field.name, Number(field.value)]);
        return {at: new Date().toISOString(), values, rows};
    };

    const restore = (form, draft) => {
        draft.rows.forEach(([name, count]) => {
            const total = form.elements[name];
            const group = document.getElementById(name.replace(/-TOTAL_FORMS$/, '-group'));
            for (let tries = 0; total && group && Number(total.value) < count && tries < count; tries += 1) {
                const link = group.querySelector('.add-row a');
                if (link) {
                    link.click();
                }
            }
        });
        const fields = fieldsOf(form);
        draft.values.forEach(([name, value, isChecked]) => {
            const field = fields.find((one) => one.name === name && (isChecked === undefined || one.value === value));
            if (!field) {
                return;
            }
            if (isChecked !== undefined) {
                field.checked = isChecked;
            } else if (field.tagName === 'SELECT') {
                const chosen = new Set(value.map(([key]) => key));
                value.forEach(([key, text]) => {
                    if (!Array.from(field.options).some((option) => option.value === key)) {
                        field.add(new Option(text, key));
                    }
                });
                Array.from(field.options).forEach((option) => { option.selected = chosen.has(option.value); });
            } else {
                field.value = value;
            }
            field.dispatchEvent(new Event('change', {bubbles: true}));
            reveal(field);
        });
    };

    const offer = (form, key, draft, done) => {
        const notice = words.content.firstElementChild.cloneNode(true);
        const time = notice.querySelector('time');
        const at = new Date(draft.at);
        time.dateTime = draft.at;
        time.textContent = at.toLocaleString(document.documentElement.lang, {dateStyle: 'medium', timeStyle: 'short'});
        notice.querySelector('.restore').addEventListener('click', () => {
            restore(form, draft);
            notice.remove();
            done();
            const first = fieldsOf(form)[0];
            if (first) {
                first.focus();
            }
        });
        notice.querySelector('.discard').addEventListener('click', () => {
            localStorage.removeItem(key);
            notice.remove();
            done();
        });
        form.prepend(notice);
    };

    const isSame = (form, draft) => {
        const now = kept(form);
        return JSON.stringify([now.values, now.rows]) === JSON.stringify([draft.values, draft.rows]);
    };

    const guard = (form, key) => {
        // A form that comes back with an error, or from a conflict, shows text that isn't stored.
        const isReturned = Boolean(document.querySelector('.errornote, .conflict'));
        let isSent = false;
        let isOffered = false;
        let waiting = 0;
        const isTyped = () => isReturned || isChanged(form);
        const store = () => {
            clearTimeout(waiting);
            if (isOffered || isSent) {
                return;
            }
            attempt(() => (isTyped() ? localStorage.setItem(key, JSON.stringify(kept(form))) : localStorage.removeItem(key)));
        };
        const later = () => {
            clearTimeout(waiting);
            waiting = setTimeout(store, WAIT);
        };
        remember(form);
        fieldsOf(form).forEach(reveal);  // the browser may have put text back after Back
        const draft = attempt(() => JSON.parse(localStorage.getItem(key)));
        if (draft && !isReturned && !isSame(form, draft)) {
            isOffered = true;
            offer(form, key, draft, () => { isOffered = false; store(); });
        }
        form.addEventListener('input', later);
        if (window.django && django.jQuery) {
            // Django's pickers report a choice by jQuery alone.
            django.jQuery(form).on('change formset:removed', later);
        }
        document.addEventListener('formset:added', () => { remember(form); later(); });
        form.addEventListener('submit', (event) => {
            if (event.submitter && event.submitter.formTarget === '_blank') {
                return;
            }
            store();
            isSent = true;
        });
        window.addEventListener('pagehide', store);
        // Back after a lost network, or from the page that came after.
        window.addEventListener('pageshow', () => { isSent = false; });
        window.addEventListener('beforeunload', (event) => {
            if (!isSent && isTyped()) {
                store();
                event.preventDefault();
            }
        });
    };

    // The path of the form that the server has just stored.
    const saved = () => {
        const found = document.cookie.split('; ').find((part) => part.startsWith('desk_saved='));
        if (!found) {
            return '';
        }
        document.cookie = 'desk_saved=; path=/admin/; max-age=0; samesite=lax';
        // A value with a slash comes in quotation marks.
        return attempt(() => decodeURIComponent(found.slice('desk_saved='.length).replace(/^"|"$/g, '')), '');
    };

    const start = () => {
        const signOut = document.getElementById('logout-form');
        if (signOut) {
            signOut.addEventListener('submit', () => attempt(() => keys().forEach((key) => localStorage.removeItem(key))));
        }
        if (!words) {
            return;
        }
        const own = `${PREFIX}${words.dataset.person}:`;
        const path = saved();
        if (path) {
            attempt(() => keys().filter((key) => key.startsWith(`${own}${path}#`)).forEach((key) => localStorage.removeItem(key)));
        }
        Array.from(document.querySelectorAll('#content form'))
            // Not `form.method`: a claim has a field of that name.
            .filter((form) => form.getAttribute('method') === 'post' && !form.matches('.carried') && !form.querySelector('[type=password]'))
            .filter((form) => fieldsOf(form).some((field) => field.name !== '_selected_action' && field.name !== 'action'))
            .forEach((form, place) => {
                const to = new URL(form.getAttribute('action') || location.href, location.href).pathname;
                guard(form, `${own}${to}#${form.id || place}`);
            });
    };
    // After the widgets of Django, which start when the page is loaded.
    if (document.readyState === 'complete') {
        start();
    } else {
        window.addEventListener('load', start);
    }
})();

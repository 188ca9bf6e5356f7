'use strict';
// The reading desk: selected words get buttons, and sentences keys. Everything is also a link or a form without it.
{
    const marking = document.getElementById('marking');
    const key = 'factcheck-reading-keys';
    let typed = false;

    const desk = () => document.getElementById('reading');
    const sentences = () => Array.from(desk().querySelectorAll('.sentence'));
    const current = () => desk().querySelector('.sentence[aria-current]');

    // Offsets are in characters of Unicode, as the server counts; JavaScript counts halves of some of them.
    const lengthOf = (text) => Array.from(text).length;

    const offsetOf = (node, offset) => {
        const element = node.nodeType === Node.TEXT_NODE ? node.parentElement : node;
        const sentence = element.closest('.sentence');
        if (!sentence || !desk().contains(sentence)) {
            return null;
        }
        const before = document.createRange();
        before.setStart(sentence, 0);
        before.setEnd(node, offset);
        const words = before.cloneContents();
        words.querySelectorAll('.ref').forEach((ref) => ref.remove());
        return Number(sentence.dataset.start) + lengthOf(words.textContent);
    };

    const selectedPlace = () => {
        const selection = document.getSelection();
        if (!selection.rangeCount || selection.isCollapsed) {
            return null;
        }
        const range = selection.getRangeAt(0);
        const touched = sentences().filter((sentence) => range.intersectsNode(sentence));
        if (!touched.length) {
            return null;
        }
        const first = touched[0];
        const last = touched[touched.length - 1];
        const start = offsetOf(range.startContainer, range.startOffset) ?? Number(first.dataset.start);
        const end = offsetOf(range.endContainer, range.endOffset) ?? Number(last.dataset.end);
        return end > start ? {start, end} : null;
    };

    const sentencePlace = (sentence) => ({start: Number(sentence.dataset.start), end: Number(sentence.dataset.end)});

    const addressOf = (place, act = '') => {
        const query = new URLSearchParams(location.search);
        ['act', 'find', 'claim', 'paragraph'].forEach((name) => query.delete(name));
        query.set('text', desk().dataset.text);
        Object.entries(place).forEach(([name, value]) => query.set(name, value));
        if (act) {
            query.set('act', act);
        }
        return `${location.pathname}?${query}#work`;
    };

    const startWidgets = () => {
        if (window.django && django.jQuery && django.jQuery.fn.djangoAdminSelect2) {
            django.jQuery('#reading .admin-autocomplete').djangoAdminSelect2();
        }
    };

    const focusForm = () => {
        const field = document.querySelector('#mark-form textarea, #mark-form input:not([type=hidden])');
        const work = document.getElementById('work');
        (field || work).focus({preventScroll: true});
        if (matchMedia('(max-width: 1024px)').matches) {
            work.scrollIntoView();
        } else {
            document.querySelector('.reading-panel').scrollTop = 0;
        }
    };

    // Shows the page at `address` in the place of this one, so that the text stays where it is on the screen.
    const show = async (address) => {
        if (typed && !window.confirm(gettext('Leave the form? What you typed in it is lost.'))) {
            return;
        }
        const response = await fetch(address).catch(() => null);
        const page = response && response.ok && new DOMParser().parseFromString(await response.text(), 'text/html');
        const fresh = page && page.getElementById('reading');
        if (!fresh) {
            location.assign(address);
            return;
        }
        const start = current() && current().dataset.start;
        desk().replaceWith(fresh);
        history.replaceState(null, '', address);
        typed = false;
        marking.hidden = true;
        document.getSelection().removeAllRanges();
        if (start) {
            point(document.getElementById(`s${start}`), false);
        }
        startWidgets();
        readKeys();
        focusForm();
    };

    const point = (sentence, isFocused = true) => {
        if (!sentence) {
            return;
        }
        sentences().forEach((one) => one.removeAttribute('aria-current'));
        sentence.setAttribute('aria-current', 'true');
        if (isFocused) {
            sentence.focus({preventScroll: true});
            sentence.scrollIntoView({block: 'nearest'});
        }
    };

    const move = (step) => {
        const all = sentences();
        const at = all.indexOf(current());
        const marked = all.findIndex((one) => one.querySelector('.selected'));
        const from = at >= 0 ? at : (marked >= 0 ? marked - (step > 0 ? 0 : 1) : (step > 0 ? -1 : 1));
        point(all[Math.min(Math.max(from + step, 0), all.length - 1)]);
    };

    const dismiss = async (sentence) => {
        const token = document.querySelector('[name=csrfmiddlewaretoken]') || {};
        const isPassed = sentence.classList.contains('passed');
        const body = new URLSearchParams({
            ...sentencePlace(sentence), act: isPassed ? 'unpass' : 'pass', csrfmiddlewaretoken: token.value || '',
        });
        body.set('text', desk().dataset.text);
        const response = await fetch(location.pathname, {method: 'POST', body}).catch(() => null);
        if (response && response.ok) {
            sentence.classList.toggle('passed', !isPassed);
            if (!isPassed) {
                move(1);
            }
        }
    };

    const isOn = () => localStorage.getItem(key) !== 'off';
    const readKeys = () => {
        const box = document.getElementById('keys-on');
        if (box) {
            box.checked = isOn();
        }
    };

    const keys = {
        j: () => move(1),
        k: () => move(-1),
        m: () => current() && show(addressOf(selectedPlace() || sentencePlace(current()))),
        l: () => {
            const place = selectedPlace() || (current() && sentencePlace(current()));
            if (place) {
                show(addressOf(place, 'log'));
            }
        },
        d: () => current() && dismiss(current()),
    };

    document.addEventListener('keydown', (event) => {
        const isTyping = event.target.closest('input, textarea, select, [contenteditable], .select2-container');
        if (event.ctrlKey || event.metaKey || event.altKey || isTyping || !desk() || !isOn()) {
            return;
        }
        const inText = event.target.closest('.sentence');
        const name = inText ? {ArrowDown: 'j', ArrowUp: 'k'}[event.key] || event.key : event.key;
        if (Object.hasOwn(keys, name) && (desk().hasAttribute('data-may-log') || 'jkm'.includes(name))) {
            event.preventDefault();
            keys[name]();
        }
    });

    document.addEventListener('selectionchange', () => {
        const place = marking && selectedPlace();
        if (!marking) {
            return;
        }
        marking.hidden = !place;
        if (place) {
            marking.querySelectorAll('[data-act]').forEach((link) => { link.href = addressOf(place, link.dataset.act); });
        }
    });

    document.addEventListener('click', (event) => {
        const link = event.target.closest('#marking a, #work .choices-of-act a, #mark-form .closelink');
        if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
            event.preventDefault();
            show(link.href);
            return;
        }
        const sentence = event.target.closest('.sentence');
        if (sentence && !event.target.closest('a') && document.getSelection().isCollapsed) {
            point(sentence);
        }
    });
    // A click on the bar must not end the selection that it is for.
    if (marking) {
        marking.addEventListener('mousedown', (event) => event.preventDefault());
    }

    document.addEventListener('input', (event) => { typed = typed || Boolean(event.target.closest('#mark-form')); });
    document.addEventListener('submit', () => { typed = false; });
    window.addEventListener('beforeunload', (event) => {
        if (typed) {
            event.preventDefault();
        }
    });
    document.addEventListener('change', (event) => {
        if (event.target.id === 'keys-on') {
            localStorage.setItem(key, event.target.checked ? 'on' : 'off');
        }
    });

    document.addEventListener('DOMContentLoaded', () => {
        readKeys();
        const marked = document.querySelector('.selected');
        if (marked) {
            const sentence = marked.closest('.sentence');
            point(sentence, false);
            if (!matchMedia('(max-width: 1024px)').matches) {
                sentence.scrollIntoView({block: 'center'});
            }
        }
        if (document.getElementById('mark-form') && !document.querySelector('#work .errornote')) {
            focusForm();
        }
    });
}

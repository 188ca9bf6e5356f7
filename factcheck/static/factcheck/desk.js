'use strict';
// Gives what select2 draws the name of the field it stands for, at the moment select2 starts.
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

    $.fn.djangoAdminSelect2 = function() {
        start.call(this);
        this.each((_, select) => {
            name(select);
            $(select).on('change', () => name(select)).on('select2:open', () => nameList(select));
        });
        return this;
    };
}

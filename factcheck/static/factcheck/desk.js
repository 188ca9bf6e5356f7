'use strict';
// Gives what select2 draws the name of the field it stands for, at the moment select2 starts.
{
    const $ = django.jQuery;
    const start = $.fn.djangoAdminSelect2;

    const nameOf = (select) =>
        select.getAttribute('aria-label') || (select.labels.length ? select.labels[0].textContent.replace(/:\s*$/, '') : '');

    const name = (select) => {
        const shown = $(select).data('select2').$selection;
        const chosen = Array.from(select.selectedOptions, (option) => option.text).join(', ');
        shown.find('.select2-selection__rendered').attr('aria-label', chosen ? `${nameOf(select)}: ${chosen}` : nameOf(select));
        shown.find('.select2-search__field').attr('aria-label', nameOf(select));
    };

    $.fn.djangoAdminSelect2 = function() {
        start.call(this);
        this.each((_, select) => {
            name(select);
            $(select).on('change', () => name(select));
            $(select).on('select2:open', () => {
                $(select).data('select2').$dropdown.find('.select2-search__field').attr('aria-label', nameOf(select));
            });
        });
        return this;
    };
}

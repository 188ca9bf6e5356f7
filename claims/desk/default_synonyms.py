"""The synonyms of a new site: general words of the field. A chief editor can change them at the desk."""

from typing import Any

from claims.models import SynonymGroup

# For each language, a line for each group. The groups of other languages end with the English words, so that people
# find English claims in their own words.
_GROUPS = {
    "en": """
        raid, operation, arrest, sweep, crackdown
        arrest, detain, catch, caught, capture, apprehend, custody
        warn, alert, tip off, notify
        doxx, dox, post details, publish details, reveal identity
        fugitive, wanted, suspect, at large, on the run, not found
        escape, evade, flee, fled, get away, got away, run away
        rape, rapist, sexual assault, sex offender, sexual abuse
        child, minor, kid
        undocumented, unlawful, illegal, without papers
        migrant, immigrant, newcomer, asylum seeker, refugee
        deport, deportation, remove, removal, expel
        convict, conviction, criminal record, felon
        criminal, offender
        spend, spent, cost, pay, paid, expense
        taxpayer, public money, public spending
        license plate, number plate, vehicle
        car, vehicle, truck
        photo, picture, image
        protest, demonstration, rally, march, riot
        activist, volunteer, protester, demonstrator, organizer
        interfere, obstruct, block, hinder, impede, disrupt
        police, cops, law enforcement
        law, ordinance, statute, act
        surveillance, surveil, watch, monitor
        hotline, tip line, phone number
        guy, man
        leave, left
        happen, occur, take place, took place, incident
        vaccine, shot, jab
        75%, three in four, three quarters
        50%, half, one in two
        25%, one in four, a quarter
        FBI, Federal Bureau of Investigation
        FEMA, Federal Emergency Management Agency
        ICE, Immigration and Customs Enforcement
        DHS, Department of Homeland Security
        CDC, Centers for Disease Control
        """,
    "es": """
        policía, agentes, police
        alcalde, alcaldesa, mayor
        arresto, arrestar, detención, detener, detenido, redada, operativo, arrest, raid, operation
        gasto, gastar, gastado, costo, coste, pagar, spend, cost, paid
        migrante, inmigrante, migrant, immigrant
        ley, ordenanza, law, ordinance
        protesta, manifestación, marcha, protest, demonstration
        escapar, huir, fuga, evadir, escape, evade
        fugitivo, prófugo, buscado, fugitive, wanted, at large
        condena, condenado, conviction, convict
        antecedentes penales, criminal record
        advertir, avisar, alertar, warn, alert
        niño, niña, menor, child, minor
        violación, violador, abuso sexual, rape, sexual assault
        deportar, deportación, expulsar, deport, deportation
        violencia, violento, violence, violent
        vehículo, coche, carro, vehicle, car
        vacuna, vaccine
        ciudad, city
        dinero, money
        """,
}


def add_default_synonyms(using: str = "default", **_: Any) -> None:
    """Add the default groups if there is no group. Runs after each migration."""
    if SynonymGroup.objects.using(using).exists():
        return
    SynonymGroup.objects.using(using).bulk_create(
        SynonymGroup(language=language, words="\n".join(line.strip().split(", ")))
        for language, groups in _GROUPS.items()
        for line in groups.strip().splitlines()
    )

"""The default fallback replies in the new languages, for each outcome whose old ones nobody has changed or deleted. Elsewhere
staff have made the outcome their own, and the admin offers the rest. Going back removes nothing."""

from collections import defaultdict

from django.db import migrations

from chat import seeds

OLD = ("", "de", "es", "fr")
EARLIER = {
    "invalid_response": {
        "": "I got an answer that I can't make sense of. Please try again, or put it differently.",
        "de": "Ich habe eine Antwort bekommen, mit der ich nichts anfangen kann. "
        "Bitte versuchen Sie es noch einmal, oder formulieren Sie es anders.",
        "es": "He recibido una respuesta que no puedo interpretar. Por favor, inténtelo de nuevo o dígalo de otra manera.",
        "fr": "J'ai reçu une réponse que je n'arrive pas à interpréter. Veuillez réessayer ou le dire autrement.",
    }
}
"""Texts that were the default once."""


def forwards(apps, schema_editor):
    model = apps.get_model("chat", "FallbackReply")
    found = defaultdict(list)
    for reply in model.objects.filter(active=True, overrides=False, weight=1):
        found[reply.outcome, reply.language].append(reply.text)
    there = set(model.objects.values_list("outcome", "language"))

    def untouched(outcome, language):
        texts = sorted(found[outcome, language])
        earlier = EARLIER.get(outcome, {}).get(language)
        return texts == sorted(seeds.REPLIES[outcome].get(language, [])) or texts == [earlier]

    model.objects.bulk_create(
        model(outcome=outcome, language=language, text=text)
        for outcome, by_language in seeds.REPLIES.items()
        if all(untouched(outcome, language) for language in OLD)
        for language, texts in by_language.items()
        if language not in OLD and (outcome, language) not in there
        for text in texts
    )


class Migration(migrations.Migration):
    dependencies = [("chat", "0008_plain_words")]

    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]

"""What a new site starts with: the default fallback replies, and groups for staff.

The migrations call these functions with their historical models. What exists is never changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

EDITORS: Final = "Chat: reply editors"
READERS: Final = "Chat: conversation readers"
OPERATORS: Final = "Chat: operators"
MANAGERS: Final = "Chat: desk managers"
SITE_MANAGERS: Final = "Chat: site managers"
DELETERS: Final = "Chat: conversation deleters"

REPLIES: Final[dict[str, dict[str, list[str]]]] = {
    "no_match": {
        "": [
            "Sorry, I didn't understand that. Could you put it differently?",
            "I'm not sure what you mean. A short, simple sentence works best.",
        ],
        "de": [
            "Das habe ich leider nicht verstanden. Könnten Sie es anders sagen?",
            "Ich weiß nicht, was Sie meinen. Ein kurzer, einfacher Satz hilft mir am meisten.",
        ],
        "es": [
            "Lo siento, no lo he entendido. ¿Podría decirlo de otra manera?",
            "No sé a qué se refiere. Lo que mejor entiendo son frases cortas y sencillas.",
        ],
        "fr": [
            "Désolé, je n'ai pas compris. Pourriez-vous le dire autrement ?",
            "Je ne vois pas ce que vous voulez dire. Je comprends mieux les phrases courtes et simples.",
        ],
        "pt": [
            "Desculpe, não percebi. Pode dizê-lo de outra forma?",
            "Não sei bem o que quer dizer. Uma frase curta e simples funciona melhor.",
        ],
        "ar": [
            "عذرًا، لم أفهم ذلك. هل يمكنك قوله بطريقة أخرى؟",
            "لست متأكدًا مما تقصده. الجملة القصيرة والبسيطة هي الأفضل.",
        ],
        "ja": [
            "申し訳ありません、わかりませんでした。別の言い方をしていただけますか?",
            "おっしゃる意味がよくわかりません。短く簡単な文だと理解しやすいです。",
        ],
    },
    "low_confidence": {
        "": ["I'm not certain that I understood you. Could you say it in other words?"],
        "de": ["Ich bin nicht sicher, ob ich Sie richtig verstanden habe. Könnten Sie es mit anderen Worten sagen?"],
        "es": ["No estoy seguro de haberle entendido bien. ¿Podría decirlo con otras palabras?"],
        "fr": ["Je ne suis pas sûr de vous avoir bien compris. Pourriez-vous le dire avec d'autres mots ?"],
        "pt": [
            "Não tenho a certeza de ter percebido bem. Pode dizê-lo por outras palavras?",
        ],
        "ar": [
            "لست متأكدًا من أنني فهمتك. هل يمكنك قوله بكلمات أخرى؟",
        ],
        "ja": [
            "正しく理解できたか自信がありません。別の言葉で言っていただけますか?",
        ],
    },
    "no_reply": {
        "": [
            "I understood you, but I have no answer to that yet. Asking again won't help; is there something else I can do?"
        ],
        "de": [
            "Ich habe Sie verstanden, aber noch keine Antwort darauf. Erneut zu fragen hilft leider nicht; "
            "kann ich sonst etwas für Sie tun?"
        ],
        "es": [
            "Le he entendido, pero todavía no tengo respuesta para eso. Volver a preguntar no servirá; "
            "¿puedo ayudarle con otra cosa?"
        ],
        "fr": [
            "Je vous ai compris, mais je n'ai pas encore de réponse à cela. Reposer la question n'y changera rien ; "
            "puis-je vous aider pour autre chose ?"
        ],
        "pt": [
            "Percebi o que disse, mas ainda não tenho resposta para isso. Perguntar de novo não ajuda. "
            "Posso ajudar noutra coisa?",
        ],
        "ar": [
            "لقد فهمتك، لكن ليس لدي إجابة عن ذلك بعد. لن يفيد السؤال مرة أخرى. هل يمكنني مساعدتك في شيء آخر؟",
        ],
        "ja": [
            "ご質問は理解しましたが、まだお答えを用意できていません。もう一度お尋ねいただいても同じです。ほかにお手伝いできることはありますか?",
        ],
    },
    "timeout": {
        "": ["That took too long. Please send it again."],
        "de": ["Das hat zu lange gedauert. Bitte senden Sie es noch einmal."],
        "es": ["Ha tardado demasiado. Por favor, envíelo otra vez."],
        "fr": ["Cela a pris trop de temps. Veuillez l'envoyer à nouveau."],
        "pt": [
            "Demorou demasiado. Por favor, envie novamente.",
        ],
        "ar": [
            "استغرق ذلك وقتًا طويلًا. يُرجى الإرسال مرة أخرى.",
        ],
        "ja": [
            "時間がかかりすぎました。もう一度お送りください。",
        ],
    },
    "unavailable": {
        "": ["I can't answer just now, because a service that I need can't be reached. Please try again in a few minutes."],
        "de": [
            "Ich kann gerade nicht antworten, weil ein Dienst, den ich brauche, nicht erreichbar ist. "
            "Bitte versuchen Sie es in ein paar Minuten noch einmal."
        ],
        "es": [
            "Ahora mismo no puedo responder, porque no hay conexión con un servicio que necesito. "
            "Por favor, inténtelo de nuevo dentro de unos minutos."
        ],
        "fr": [
            "Je ne peux pas répondre pour l'instant, car un service dont j'ai besoin est injoignable. "
            "Veuillez réessayer dans quelques minutes."
        ],
        "pt": [
            "Não posso responder agora, porque um serviço de que preciso não está acessível. "
            "Tente novamente dentro de alguns minutos.",
        ],
        "ar": [
            "لا يمكنني الإجابة الآن، لأنه يتعذر الوصول إلى خدمة أحتاج إليها. يُرجى المحاولة مرة أخرى بعد بضع دقائق.",
        ],
        "ja": [
            "必要なサービスに接続できないため、今はお答えできません。数分後にもう一度お試しください。",
        ],
    },
    "rate_limited": {
        "": ["I'm getting more questions than I can answer at the moment. Please try again later."],
        "de": ["Ich bekomme gerade mehr Fragen, als ich beantworten kann. Bitte versuchen Sie es später noch einmal."],
        "es": ["Estoy recibiendo más preguntas de las que puedo responder. Por favor, inténtelo de nuevo más tarde."],
        "fr": ["Je reçois en ce moment plus de questions que je ne peux en traiter. Veuillez réessayer plus tard."],
        "pt": [
            "Estou a receber mais perguntas do que consigo responder neste momento. Tente novamente mais tarde.",
        ],
        "ar": [
            "أتلقى حاليًا أسئلة أكثر مما أستطيع الإجابة عنه. يُرجى المحاولة لاحقًا.",
        ],
        "ja": [
            "現在、お答えできる数を超えるご質問をいただいています。後でもう一度お試しください。",
        ],
    },
    "authentication": {
        "": ["I can't answer at the moment, because something is set up wrongly on our side. Trying again soon won't help."],
        "de": [
            "Ich kann zurzeit nicht antworten, weil auf unserer Seite etwas falsch eingerichtet ist. "
            "Es gleich noch einmal zu versuchen hilft leider nicht."
        ],
        "es": [
            "En este momento no puedo responder, porque hay algo mal configurado por nuestra parte. "
            "Volver a intentarlo enseguida no servirá."
        ],
        "fr": [
            "Je ne peux pas répondre actuellement, car quelque chose est mal configuré de notre côté. "
            "Réessayer tout de suite n'y changera rien."
        ],
        "pt": [
            "Não posso responder de momento, porque algo está mal configurado do nosso lado. "
            "Tentar de novo em breve não ajuda.",
        ],
        "ar": [
            "لا يمكنني الإجابة حاليًا، لأن هناك إعدادًا خاطئًا من جانبنا. لن تفيد المحاولة مرة أخرى قريبًا.",
        ],
        "ja": [
            "こちらの設定に誤りがあるため、現在お答えできません。すぐにやり直しても解決しません。",
        ],
    },
    "rejected": {
        "": ["I can't process this message as it is. Sending it again won't help; please put it differently."],
        "de": [
            "Diese Nachricht kann ich so nicht verarbeiten. Sie noch einmal zu senden hilft nicht; "
            "bitte formulieren Sie sie anders."
        ],
        "es": [
            "No puedo procesar este mensaje tal como está. Enviarlo otra vez no servirá; por favor, dígalo de otra manera."
        ],
        "fr": [
            "Je ne peux pas traiter ce message tel quel. Le renvoyer n'y changera rien ; veuillez le formuler autrement."
        ],
        "pt": [
            "Não consigo processar esta mensagem tal como está. Enviá-la de novo não ajuda. "
            "Por favor, diga-o de outra forma.",
        ],
        "ar": [
            "لا يمكنني معالجة هذه الرسالة كما هي. لن يفيد إرسالها مرة أخرى. يُرجى صياغتها بطريقة أخرى.",
        ],
        "ja": [
            "このメッセージはこのままでは処理できません。再送しても同じですので、別の言い方でお書きください。",
        ],
    },
    "invalid_response": {
        "": ["Sorry, something went wrong. Please try again."],
        "de": ["Entschuldigung, da ist etwas schiefgegangen. Bitte versuchen Sie es noch einmal."],
        "es": ["Lo siento, algo ha salido mal. Por favor, inténtelo de nuevo."],
        "fr": ["Désolé, une erreur s'est produite. Veuillez réessayer."],
        "pt": [
            "Desculpe, algo correu mal. Tente novamente.",
        ],
        "ar": [
            "عذرًا، حدث خطأ ما. يُرجى المحاولة مرة أخرى.",
        ],
        "ja": [
            "申し訳ありません、問題が発生しました。もう一度お試しください。",
        ],
    },
    "internal": {
        "": ["Something went wrong on our side. Please send it again; if that doesn't help, try again later."],
        "de": [
            "Auf unserer Seite ist etwas schiefgegangen. Bitte senden Sie es noch einmal; "
            "wenn das nicht hilft, versuchen Sie es später wieder."
        ],
        "es": ["Algo ha fallado por nuestra parte. Por favor, envíelo otra vez; si no sirve, inténtelo más tarde."],
        "fr": ["Une erreur s'est produite de notre côté. Veuillez renvoyer le message ; sinon, réessayez plus tard."],
        "pt": [
            "Algo correu mal do nosso lado. Envie novamente. Se não ajudar, tente mais tarde.",
        ],
        "ar": [
            "حدث خطأ من جانبنا. يُرجى الإرسال مرة أخرى. إذا لم يفد ذلك، فحاول لاحقًا.",
        ],
        "ja": [
            "こちらで問題が発生しました。もう一度お送りください。それでもうまくいかない場合は、後でお試しください。",
        ],
    },
}
"""Outcome -> language, empty for any -> the texts."""


def missing_replies(model: Any) -> list[Any]:
    """The default FallbackReply rows, not yet saved, for each outcome and language that has no reply."""
    taken = set(model.objects.values_list("outcome", "language"))
    return [
        model(outcome=outcome, language=language, text=text)
        for outcome, by_language in REPLIES.items()
        for language, texts in by_language.items()
        if (outcome, language) not in taken
        for text in texts
    ]


def add_replies(model: Any) -> None:
    """Add the missing default replies."""
    model.objects.bulk_create(missing_replies(model))


ALL: Final = ("add", "change", "delete", "view")
GROUPS: Final = {
    EDITORS: [(action, model) for model in ("fallback reply", "intent reply") for action in ALL],
    READERS: [("view", "conversation")],
}
"""By group: its rights, each an action and a model."""
DESK_GROUPS: Final = {
    OPERATORS: [("view", "conversation"), ("answer", "conversation"), ("view", "note"), ("add", "note")],
    MANAGERS: [
        *((action, model) for model in ("desk text", "ready answer", "opening hours", "hours exception") for action in ALL),
        *((action, model) for model in ("operator", "site hours") for action in ("change", "view")),
        ("add", "operator"),
    ],
}
MORE_GROUPS: Final = {
    SITE_MANAGERS: [(action, "site") for action in ALL],
    DELETERS: [("view", "conversation"), ("delete", "conversation")],
}


def add_groups(apps: Any, groups: Mapping[str, list[tuple[str, str]]] = GROUPS) -> None:
    """Add the groups that don't exist.

    Django makes the permissions only after all migrations. So they are made here, under the names that Django would give
    them. Django then finds them and leaves them alone.
    """
    group_model = apps.get_model("auth", "Group")
    for name, actions in groups.items():
        group, created = group_model.objects.get_or_create(name=name)
        if created:
            group.permissions.set([_permission(apps, action, model) for action, model in actions])


_NAMES: Final = {
    ("answer", "conversation"): "Can answer visitors at the desk",
    ("view", "provider"): "Can see whether the provider works",
}
_OWNERS: Final = {"provider": "conversation"}
"""The models whose content type has the rights of something that is no model."""
_VERBOSE: Final = {
    "ready answer": "ready-made answer",
    "hours exception": "exception to the opening hours",
    "site hours": "hours of a site",
}


def let_editors_write_answers(apps: Any) -> None:
    """Give the group of reply editors the answers, too, if there still is such a group."""
    for group in apps.get_model("auth", "Group").objects.filter(name=EDITORS):
        group.permissions.add(*(_permission(apps, action, "answer") for action in ("add", "change", "delete", "view")))


def let_groups_see_the_provider(apps: Any) -> None:
    """Give the right to see whether the provider works to the groups that read conversations or manage the chat, if there
    are such groups."""
    for group in apps.get_model("auth", "Group").objects.filter(name__in=[READERS, OPERATORS, MANAGERS, SITE_MANAGERS]):
        group.permissions.add(_permission(apps, "view", "provider"))


def _permission(apps: Any, action: str, verbose_name: str) -> Any:
    model = verbose_name.replace(" ", "")
    name = _NAMES.get((action, verbose_name), f"Can {action} {_VERBOSE.get(verbose_name, verbose_name)}")
    content_type, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="chat", model=_OWNERS.get(model, model)
    )
    permission, _ = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=content_type,
        codename=f"{action}_{model}",
        defaults={"name": name},
    )
    return permission

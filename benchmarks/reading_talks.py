"""Invented talk for `reading.py`: questions and answers, names and headings in many languages."""

from __future__ import annotations

TALKS: dict[str, list[tuple[str, str]]] = {
    "en": [
        (
            "How did you first hear about the course?",
            "A colleague of mine had finished two of them, so I looked at the page one evening.",
        ),
        (
            "And what made you decide?",
            "Mostly the price. It was also something that I could do at night - after the children slept.",
        ),
        (
            "How did your employer react?",
            "They did not say much. My manager asked me once: was it worth the money? I left at 5:30 pm.",
        ),
        ("Would you do it again?", "Yes. I think so; the second module was hard, though."),
        ("Tell me about the office.", "It's small (very small), and the windows do not open."),
    ],
    "de": [
        ("Wie sind Sie zu dem Kurs gekommen?", "Eine Kollegin hatte davon erzählt, und dann habe ich mich angemeldet."),
        ("Und was war am schwersten?", "Am Anfang die Zeit. Ich habe um 17:30 Uhr Feierabend, dann die Kinder - das war viel."),
        ("Wie hat Ihr Chef reagiert?", "Er sagte nur: machen Sie mal. Mehr nicht."),
        ("Würden Sie es noch einmal machen?", "Ja, auf jeden Fall; aber mit mehr Zeit."),
    ],
    "fr": [
        ("Comment avez-vous connu la formation ?", "Une amie m'en avait parlé, et puis j'ai regardé le site un soir."),
        ("Et qu'est-ce qui vous a décidée ?", "Surtout le prix. Il m'a dit : pourquoi pas ? Alors je me suis inscrite."),
        ("Qu'en pense votre équipe ?", "Ils sont contents, je crois. On en parle à midi, vers 12:30, entre nous."),
    ],
    "es": [
        ("¿Cómo se enteró del curso?", "Una compañera me lo contó, y luego miré la página una noche."),
        ("¿Y qué fue lo más difícil?", "El tiempo. Mi jefe me dijo: tú verás. Y ya está."),
        ("¿Lo haría otra vez?", "Sí, claro; pero con más calma, después del verano."),
    ],
    "fi": [
        ("Mitä sitten tapahtui?", "Kirjaaminen vie puolet vuorosta, eikä aikaa jää muuhun."),
        ("Entä työkaverit?", "Työkaverit auttavat kyllä. Yksi sanoi: ei tätä jaksa."),
        ("Miten esihenkilö suhtautui?", "Hän oli hiljaa, ja sitten lähdimme kotiin."),
    ],
    "pl": [
        ("Jak zaczęła się Pani praca?", "Koleżanka powiedziała mi o tym miejscu i wysłałam list."),
        ("A co było najtrudniejsze?", "Na początku czas. Szef powiedział: damy radę. I daliśmy."),
        ("Czy zrobiłaby to Pani jeszcze raz?", "Tak, myślę, że tak; ale z większym spokojem."),
    ],
    "ru": [
        ("Как вы узнали о курсе?", "Мне рассказала коллега, и вечером я посмотрела сайт."),
        ("А что было самым трудным?", "Время. Начальник сказал: решайте сами. Вот и всё."),
        ("Вы бы повторили это?", "Да, наверное; но не сразу, а через год."),
    ],
    "tr": [
        ("Kursu nasıl duydunuz?", "Bir arkadaşım anlattı, sonra bir akşam sayfaya baktım."),
        ("Peki en zor olan neydi?", "Zaman. Müdürüm bana dedi ki: sen bilirsin. O kadar."),
        ("Yine yapar mıydınız?", "Evet, sanırım; ama daha sakin bir zamanda."),
    ],
    "ar": [
        ("كيف سمعت عن الدورة؟", "أخبرتني زميلة لي، ثم نظرت إلى الصفحة في المساء."),
        ("وما كان الأصعب؟", "الوقت. قال لي المدير: كما تريدين. وهذا كل شيء."),
        ("هل ستفعلينها مرة أخرى؟", "نعم، أظن ذلك، ولكن بهدوء أكثر."),
    ],
    "zh": [
        ("您是怎么知道这个课程的？", "一个同事告诉我的，后来我晚上看了网页。"),
        ("最难的是什么？", "时间。经理问我：值不值这个钱？我没有回答。"),
        ("您还会再学一次吗？", "会的，我想会的，不过要慢一点。"),
    ],
    "ja": [
        ("この講座をどのように知りましたか？", "同僚が教えてくれて、夜にページを見ました。"),
        ("一番大変だったことは何ですか？", "時間です。上司は言いました：好きにしなさい、と。"),
        ("もう一度やりますか？", "はい、そう思います。ただ、ゆっくりと。"),
    ],
    "ms": [
        ("Bagaimana anda tahu tentang kursus ini?", "Seorang rakan memberitahu saya, kemudian saya melihat laman itu."),
        ("Apa yang paling sukar?", "Masa. Ketua saya berkata: terpulang. Itu sahaja."),
        ("Adakah anda akan buat lagi?", "Ya, saya rasa begitu; tetapi lebih perlahan."),
    ],
    "el": [
        ("Πώς μάθατε για το μάθημα;", "Μου το είπε μια συνάδελφος και το βράδυ κοίταξα τη σελίδα."),
        ("Και ποιο ήταν το πιο δύσκολο;", "Ο χρόνος. Ο διευθυντής είπε: όπως θέλετε. Αυτό ήταν."),
        ("Θα το κάνατε ξανά;", "Ναι, νομίζω, αλλά πιο ήρεμα."),
    ],
}

ROLES: dict[str, list[tuple[str, str]]] = {
    "en": [
        ("Interviewer", "Participant"),
        ("Interviewer", "Respondent"),
        ("INTERVIEWER", "INTERVIEWEE"),
        ("Moderator", "Participant"),
        ("Q", "A"),
    ],
    "de": [("Interviewerin", "Befragte"), ("Interviewer", "Teilnehmer"), ("Forscherin", "Teilnehmerin"), ("I", "B")],
    "fr": [("Enquêtrice", "Enquêté"), ("Intervieweur", "Répondante"), ("Chercheuse", "Participante")],
    "es": [("Entrevistadora", "Entrevistado"), ("Moderador", "Participante"), ("Entrevistador", "Informante")],
    "fi": [("Haastattelija", "Vastaaja"), ("Tutkija", "Osallistuja"), ("H", "V")],
    "pl": [("Badaczka", "Uczestnik"), ("Ankieter", "Respondent"), ("Moderator", "Uczestniczka")],
    "ru": [("Интервьюер", "Респондент"), ("Ведущий", "Участник"), ("И", "Р")],
    "tr": [("Görüşmeci", "Katılımcı"), ("Araştırmacı", "Katılımcı")],
    "ar": [("الباحثة", "المشارك"), ("المحاور", "الضيف"), ("س", "ج")],
    "zh": [("访谈者", "受访者"), ("问", "答"), ("研究者", "参与者")],
    "ja": [("インタビュアー", "回答者"), ("聞き手", "語り手"), ("司会", "参加者")],
    "ms": [("Penemuduga", "Responden"), ("Penyelidik", "Peserta")],
    "el": [("Ερευνήτρια", "Συμμετέχων"), ("Συνεντευκτής", "Ερωτώμενη"), ("Ε", "Α")],
}

NAMES: dict[str, list[str]] = {
    "en": ["Jo Carter", "Amir Khan", "Sarah", "Tom O'Brien", "Mary-Ann", "Dr. Smith", "Will"],
    "de": ["Frau Müller", "Herr Özdemir", "Anna", "Jürgen", "Dr. Weiß"],
    "fr": ["Élodie", "Jean-Luc", "Mme Dupont", "Aïcha"],
    "es": ["María", "José Luis", "Sra. Gómez", "Íñigo"],
    "fi": ["Päivi", "Matti", "Aino", "Åsa"],
    "pl": ["Łucja", "Pan Wójcik", "Zofia", "Staś"],
    "ru": ["Анна", "Иван Петрович", "Ольга", "Юрий"],
    "tr": ["Ayşe", "İbrahim", "Gül Hanım", "Çağla"],
    "ar": ["فاطمة", "أحمد", "ليلى", "يوسف"],
    "zh": ["张三", "李四", "王小明", "陈老师"],
    "ja": ["田中", "佐藤さん", "鈴木", "山本先生"],
    "ms": ["Siti", "Ahmad", "Puan Aminah", "Encik Lim"],
    "el": ["Μαρία", "Γιώργος", "Ελένη", "Κώστας"],
}

ABOUT: dict[str, list[str]] = {
    "en": ["Title", "Date", "Location", "Duration"],
    "de": ["Titel", "Datum", "Ort", "Dauer"],
    "fr": ["Titre", "Date", "Lieu", "Durée"],
    "es": ["Título", "Fecha", "Lugar", "Duración"],
    "fi": ["Otsikko", "Päivämäärä", "Paikka", "Kesto"],
    "pl": ["Tytuł", "Data", "Miejsce", "Czas trwania"],
    "ru": ["Название", "Дата", "Место", "Продолжительность"],
    "tr": ["Başlık", "Tarih", "Yer", "Süre"],
    "ar": ["العنوان", "التاريخ", "المكان", "المدة"],
    "zh": ["标题", "日期", "地点", "时长"],
    "ja": ["タイトル", "日付", "場所", "時間"],
    "ms": ["Tajuk", "Tarikh", "Tempat", "Tempoh"],
    "el": ["Τίτλος", "Ημερομηνία", "Τόπος", "Διάρκεια"],
}

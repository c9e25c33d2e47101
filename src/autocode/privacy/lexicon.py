"""Words that tell a name from another capitalised word: titles, kin, places, firms, and what is never a name.

The lists are short and plain on purpose: what a study itself shows (the word stands in lower case
elsewhere, a title stands before it) decides first. They hold words of several languages, for
interviews mix them.
"""

from __future__ import annotations


def _words(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


TITLES = _words(
    "Mr Mrs Ms Mx Dr Prof Professor Sir Dame Madam Madame Miss Mister Lord Lady Father Sister Brother Pastor Rabbi Imam",
    "Datuk Dato Dato' Datin Tun Tan-Sri Encik Puan Cik Tuan Haji Hajah Ustaz Ustazah Cikgu Kak Abang Bang Adik Pak Mak",
    "Tok Makcik Pakcik Uncle Auntie Aunty Aunt Grandma Grandpa Ibu Bapak Bu Mas Mbak Herr Frau Monsieur Mademoiselle",
    "Señor Señora Sr Sra Don Doña Signor Signora Chef Captain Inspector Sergeant Nurse Coach Teacher",
)  # fmt: skip
"""Words before a name; by themselves they are none."""

SHORT_TITLES = _words("Mr Mrs Ms Mx Dr Prof Sr Sra St")
"""Titles that take a full stop without ending a sentence."""

KIN = _words(
    "wife husband partner son daughter brother sister cousin nephew niece uncle aunt auntie mother father mum mom dad",
    "grandmother grandfather friend boss colleague supervisor manager neighbour neighbor teacher student lecturer dean",
    "girlfriend boyfriend assistant secretary roommate coursemate classmate",
)  # fmt: skip
"""After "my", "our", "his" or "her", and before a name."""

PEOPLE = KIN | _words(
    "woman man girl boy lady guy person kid child fellow chap colleague colleagues friends brothers sisters sons daughters",
    "technician technicians nurse officer clerk driver trainer trainers staff worker workers manager managers students",
)  # fmt: skip
"""Before "called" or a comma and a name."""

SPEECH = _words(
    "said says told asked asks replied answered laughed smiled cried thinks thought wanted wants knows knew came went",
    "called phoned wrote sent showed helped taught left moved married died retired joined explained complained sighed",
)  # fmt: skip
"""What people do, in the word after a name."""

WHERE = _words("in from near outside around across toward towards beyond between via throughout dekat di dari")
"""Before a place."""

TRAVEL = _words("moved move moving drive drove driving go going went came come travel travelled flew fly back close closer",
                "near nearer posted transferred sent relocated returned return commute commuting balik pergi")  # fmt: skip
"""Before "to" and a place."""

PLACE_LAST = _words(
    "Street Road Avenue Lane Square Boulevard Highway Drive Close Crescent Terrace Bridge Station Airport Hospital",
    "Heights Park Garden Gardens Valley Hill Hills Beach Bay Island Lake River County Village Town City Strasse Platz",
)  # fmt: skip
PLACE_FIRST = _words(
    "Jalan Lorong Taman Kampung Kampong Bandar Bukit Kuala Kota Batu Sungai Pulau Pantai Teluk Tanjung Padang Ulu Port",
    "Seri Alor Petaling Shah Johor Rue Calle Plaza Via Piazza Avenida San Santa Santo São Saint Sankt Bad Fort Mount",
    "Lake North South East West New Los Las Le La El",
)  # fmt: skip
ORG_LAST = _words(
    "University College Institute School Academy Polytechnic Bank Berhad Bhd Ltd Limited Inc Corp Corporation Company GmbH",
    "AG Hotel Clinic Group Holdings Foundation Council Union Airlines Consulting Solutions Industries Associates Society",
    "Supermarket Restaurant Bakery Pharmacy Church Mosque Association Agency Ministry Department",
)  # fmt: skip
ORG_FIRST = _words("University Universiti Universität Université Universidad Institute Institut Bank Ministry Kementerian",
                   "Politeknik Kolej Sekolah Syarikat Hotel Hospital Klinik Lycée Gymnasium Pasar Masjid")  # fmt: skip
WORK = _words("at for with joined left by")
"""Before a firm, where the word before is one of `WORKED` or it is `joined`."""
WORKED = _words("work works worked working job employed hired interned internship trained contract")

PARTICLES = _words("bin binti bte a/l a/p s/o d/o van von der den de del della da dos al ibn ben bint abu ter zu")
"""Between the parts of a name."""

GIVEN = _words(
    "Aisha Aishah Ahmad Ahmed Aida Aiman Alex Ali Alice Amina Aminah Amir Amirah Ana Andrea Andrew Angela Anil Anis Anita",
    "Anna Anne Anthony Antonio Arjun Aroha Arun Azlan Azman Azura Bala Barbara Beatriz Ben Brian Carlos Carmen Caroline",
    "Catherine Charlotte Chloe Chris Christina Claire Daniel David Deepa Devi Diego Divya Dominic Elena Elizabeth Emily",
    "Emma Eric Faisal Faizal Farah Farhan Farid Fatima Fatimah Fauzi Fiona Francis Françoise Gary George Giulia Gopal Hafiz",
    "Haslina Hassan Helen Hui Ibrahim Indra Irene Isabel Ismail Ivan Jack James Jane Jason Javier Jeffry Jenny Jessica Joan",
    "John Jonas Jorge José Joseph Juan Julia Kamal Karen Karthik Kavita Kevin Khalid Krishna Kumar Laura Leila Lena Li Linda",
    "Lisa Lucas Lucía Luis Luke Maria María Marie Mariam Martin Mary Matthew Mei Melissa Michael Michelle Miguel Mike Ming",
    "Mohamed Mohammad Mohd Muhammad Murugan Nadia Nancy Natalie Nicole Noor Nor Norliza Nur Nurul Olivia Omar Pablo Patricia",
    "Paul Paula Peter Pierre Priya Rachel Rahim Rahman Raj Raju Ramesh Ravi Rebecca Richard Robert Rohan Rosa Roslan Ruth",
    "Safiah Sam Samuel Sandra Sara Sarah Sean Segar Selvi Shanti Sharifah Simon Siti Sofia Stefan Stephen Steven Sunita",
    "Suresh",
    "Susan Syed Thomas Tom Steve Hakim Vikram Izzat Uma Valentina Vijay Wei Wendy Yusof Yusuf Zainab Zara Zul",
)  # fmt: skip
"""Given names that are no other word; a start, and no census."""

NEVER = _words(
    "I I'm I'll I've I'd OK Okay Yes No Well So And But Or Because Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    "January February March April May June July August September October November December Ramadan Raya Aidilfitri Eid",
    "Deepavali Diwali Christmas Easter Ash Thaipusam Gawai Kaamatan Merdeka Maghrib Isyak Isha Fajr Subuh Zuhr Zohor Asar",
    "Standard Scopus English Malay Mandarin Chinese",
    "Tamil Hindi Urdu Arabic Cantonese Hokkien Bahasa Spanish French German Portuguese Italian Dutch Russian Japanese",
    "Korean Swiss Irish Scottish Welsh Czech Polish Turkish Greek Marwari Punjabi Bengali Gujarati Telugu Islamic Jain Sikh",
    "Hakka Teochew Jawi Iban Dusun Kadazan Bidayuh Sabahan Sarawakian Indonesian Indian Filipino Filipina British American",
    "European African Asian Australian Malaysian Singaporean Thai Muslim",
    "Christian Hindu Buddhist Jewish Catholic God Allah Jesus Quran Bible Alhamdulillah InshaAllah Insya Internet Google",
    "Facebook WhatsApp YouTube Instagram TikTok Twitter LinkedIn Telegram Zoom Teams Excel Word PowerPoint Outlook Windows",
    "Microsoft Apple iPhone Android Moodle Canvas Blackboard Coursera Udemy edX Canva Kahoot Padlet Quizizz Netflix",
    "Wikipedia",
    "Gmail Chrome Photoshop Python Java Grab Shopee Lazada Milo Nescafé Maggi Covid COVID Corona MOOC MOOCs PhD PhDs",
    "Master's",
    "Masters Bachelor's Diploma Level Module Week Unit Chapter Appendix Section Grade Form Year Internet Wi-Fi Wifi",
    "Interviewer Moderator Participant Respondent",
    "Later Then Now Also After Before When While If Once Since Until Though Although However Actually Maybe Perhaps",
    "Sometimes",
    "Yesterday Today Tomorrow Again Still Even Only Just Here There This That These Those It Its He She They We You My Our",
    "His",
    "Her Their Your Who What Where Why How Which Every Everybody Everyone Nobody Somebody Anybody Someone All Some Most Many",
    "Few Both Each Another Other One Two Three Four Five Six Seven Eight Nine Ten The A An In On At By For From To Of With",
    "Without As Like Not Never Always Please Thanks Thank Sorry Hello Hi Yeah Ah Oh Eh Um Uh Right Sure Good Fine Great",
    "Honestly Basically Anyway Especially Because Than Do Does Did Can Could Would Should Will Is Are Was Were Have Has Had",
)  # fmt: skip
"""Capitalised words that name nobody in a study: days, feasts, languages, peoples, software, brands."""

COUNTRIES = _words(
    "Malaysia Singapore Indonesia Thailand Vietnam Philippines India China Japan Korea Australia England Scotland Wales",
    "Ireland Britain France Germany Spain Portugal Italy Netherlands Belgium Switzerland Austria Poland Sweden Norway",
    "Denmark",
    "Finland Greece Turkey Russia Ukraine Egypt Nigeria Kenya Ghana Brazil Mexico Argentina Chile Colombia Peru Canada",
    "America Europe Asia Africa UK USA US EU Pakistan Bangladesh Nepal Lanka Myanmar Cambodia Taiwan Brunei Bahrain Qatar",
    "Kuwait Iran Iraq Israel Morocco",
)  # fmt: skip
"""Countries seldom tell who someone is: they are proposed only among what is perhaps a name."""

ROLES = _words("interviewer moderator facilitator speaker participant respondent interviewee unknown researcher i q a r p")
"""Speakers who are no names."""

SAID_OF = {
    "name": "person", "respondent name": "person", "full name": "person", "first name": "person", "surname": "person",
    "pseudonym of": "person", "employer": "organisation", "organisation": "organisation", "organization": "organisation",
    "company": "organisation", "school": "organisation", "university": "organisation", "institution": "organisation",
    "city": "place", "town": "place", "village": "place", "place": "place", "address": "place", "e-mail": "e-mail",
    "email": "e-mail", "phone": "phone",
}  # fmt: skip
"""Variables of a participant whose values tell who someone is, and of what kind they are."""

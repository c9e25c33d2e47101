"""Sets of layouts as researchers might type them, each written before any result on it was looked at.

A text marks its truth itself: a line that begins with ``¦NAME¦`` begins a turn of NAME, and what stands between
``⟦`` and ``⟧`` is the typist's way of naming the speaker, which belongs to no turn. ``¦?¦`` and ``¦!¦`` are sides
that the layout does not name; ``¦-¦`` begins what is nobody's turn. Between ``⟪`` and ``⟫`` stands what a page prints
within a turn.
"""

from __future__ import annotations

import re
from pathlib import Path

_TEXTS: dict[str, str] = {
    "NHS consent header": """Participant ID: GP-014
Site: Leeds
Consent obtained: yes
Interviewer initials: RW
¦RW¦⟦RW: ⟧So can you tell me about your role in the practice?
¦GP-014¦⟦GP-014: ⟧I'm a partner here, have been for about twelve years.
¦RW¦⟦RW: ⟧Okay. And how did the change come about?
¦GP-014¦⟦GP-014: ⟧Well, the commissioning group wrote to us: either you join or you don't.
¦RW¦⟦RW: ⟧Right.
¦GP-014¦⟦GP-014: ⟧So we joined.""",
    "oral history initials": """¦JH¦⟦JH  ⟧When were you born, and where?
¦MT¦⟦MT  ⟧In Salford, in nineteen thirty-one. My mother worked at the mill.
¦JH¦⟦JH  ⟧Do you remember the war?
¦MT¦⟦MT  ⟧I do, aye. We were sent away for a bit, to Blackpool.
¦JH¦⟦JH  ⟧What was that like?
¦MT¦⟦MT  ⟧Cold. And the landlady was a terror.""",
    "police style Q. A.": """¦Q¦⟦Q. ⟧State your name for the record.
¦A¦⟦A. ⟧Helen Marsh.
¦Q¦⟦Q. ⟧And you were employed at the home at that time?
¦A¦⟦A. ⟧I was. I was on nights.
¦Q¦⟦Q. ⟧Who was on shift with you?
¦A¦⟦A. ⟧Nobody. That was the trouble.""",
    "German dash names": """¦Interviewerin¦⟦Interviewerin – ⟧Erzählen Sie doch mal, wie das war.
¦Frau K.¦⟦Frau K. – ⟧Ja also, wo fang ich an. Das war im Herbst.
¦Interviewerin¦⟦Interviewerin – ⟧Im Herbst welchen Jahres?
¦Frau K.¦⟦Frau K. – ⟧Zweitausendacht. Da war die Krise – Sie erinnern sich.
¦Interviewerin¦⟦Interviewerin – ⟧Mhm.
¦Frau K.¦⟦Frau K. – ⟧Und dann kam die Kündigung.""",
    "German line numbers": """1   ¦I¦⟦I: ⟧Guten Tag, danke dass Sie Zeit haben.
2   ¦B¦⟦B: ⟧Gerne.
3   ¦I¦⟦I: ⟧Wie lange arbeiten Sie schon hier?
4   ¦B¦⟦B: ⟧Seit neun Jahren, erst unten, dann hier oben.
5   ¦I¦⟦I: ⟧Und was hat sich verändert?
6   ¦B¦⟦B: ⟧Die Zeit. Alles muss schneller gehen.""",
    "focus group first names": """¦MOD¦⟦MOD: ⟧Let's go round. Who wants to start?

¦Priya¦⟦Priya: ⟧I can. I'm in second year.

¦Liam¦⟦Liam: ⟧Third year, engineering.

¦Priya¦⟦Priya: ⟧Same building as us then!

¦Liam¦⟦Liam: ⟧Yeah, other floor.

¦MOD¦⟦MOD: ⟧And how do you all get here?

¦Chen¦⟦Chen: ⟧Bus. Always the bus.

¦Priya¦⟦Priya: ⟧Bike, unless it rains.""",
    "focus group M F codes": """¦Facilitator¦⟦Facilitator: ⟧What comes to mind when I say waste?
¦F1¦⟦F1: ⟧Bins.
¦M2¦⟦M2: ⟧The smell in August.
¦F3¦⟦F3: ⟧(laughs) Yes. And the foxes.
¦M2¦⟦M2: ⟧Foxes, exactly.
¦Facilitator¦⟦Facilitator: ⟧And who deals with it at home?
¦F1¦⟦F1: ⟧Me. Always me.""",
    "Spanish guiones": """¦Entrevistadora¦⟦Entrevistadora.- ⟧¿Y cómo llegó usted a la cooperativa?
¦Rosa¦⟦Rosa.- ⟧Por mi hermana, ella ya estaba.
¦Entrevistadora¦⟦Entrevistadora.- ⟧¿Desde el principio?
¦Rosa¦⟦Rosa.- ⟧Desde el principio, sí. Éramos siete mujeres.
¦Entrevistadora¦⟦Entrevistadora.- ⟧¿Y los maridos?
¦Rosa¦⟦Rosa.- ⟧Los maridos, callados.""",
    "Spanish E P": """¦E¦⟦E: ⟧Buenas tardes. ¿Me puede contar su día?
¦P¦⟦P: ⟧Pues mire, me levanto a las cinco.
¦E¦⟦E: ⟧¿Todos los días?
¦P¦⟦P: ⟧Todos. Los domingos también: las vacas no saben de domingos.
¦E¦⟦E: ⟧Claro.
¦P¦⟦P: ⟧Así es la cosa.""",
    "Portuguese bold-like caps": """¦ENTREVISTADOR¦⟦ENTREVISTADOR: ⟧Como começou a sua história com o bairro?
¦DONA LÚCIA¦⟦DONA LÚCIA: ⟧Ah, meu filho, isso faz tempo. Eu cheguei aqui em sessenta e oito.
¦ENTREVISTADOR¦⟦ENTREVISTADOR: ⟧E já tinha luz?
¦DONA LÚCIA¦⟦DONA LÚCIA: ⟧Que luz? Vela! Vela e lampião.
¦ENTREVISTADOR¦⟦ENTREVISTADOR: ⟧E a água?
¦DONA LÚCIA¦⟦DONA LÚCIA: ⟧Da bica, lá embaixo.""",
    "Italian D R": """¦D¦⟦D: ⟧Quando ha cominciato a lavorare?
¦R¦⟦R: ⟧A quindici anni, in fonderia.
¦D¦⟦D: ⟧E la scuola?
¦R¦⟦R: ⟧La scuola niente, la licenza media e basta.
¦D¦⟦D: ⟧Le dispiace?
¦R¦⟦R: ⟧Un po' sì. Un po' no.""",
    "French tirets anonymes": """¦?¦⟦— ⟧Vous habitez ici depuis longtemps ?
¦!¦⟦— ⟧Depuis toujours. Ma grand-mère est née dans cette maison.
¦?¦⟦— ⟧Et vos enfants ?
¦!¦⟦— ⟧Partis. À Lyon, à Nantes.
¦?¦⟦— ⟧Ils reviennent ?
¦!¦⟦— ⟧Pour Noël.""",
    "Dutch Vraag": """¦Vraag¦⟦Vraag: ⟧Hoe bent u hier terechtgekomen?
¦Antwoord¦⟦Antwoord: ⟧Via mijn zus. Die werkte hier al.
¦Vraag¦⟦Vraag: ⟧En beviel het meteen?
¦Antwoord¦⟦Antwoord: ⟧Nee hoor. Het eerste jaar was drama.
¦Vraag¦⟦Vraag: ⟧Waarom?
¦Antwoord¦⟦Antwoord: ⟧De diensten. En de chef.""",
    "Swedish own line": """Intervju 4
Plats: Umeå
Datum: 2023-05-02

⟦Intervjuare⟧
¦Intervjuare¦Hur ser en vanlig dag ut för dig?

⟦Informant⟧
¦Informant¦Jag kommer in vid sju och dricker kaffe.

⟦Intervjuare⟧
¦Intervjuare¦Och sedan?

⟦Informant⟧
¦Informant¦Sedan är det möten hela dagen. Hela dagen.

⟦Intervjuare⟧
¦Intervjuare¦Hela dagen?

⟦Informant⟧
¦Informant¦Ja.""",
    "Danish tabs": """¦Int.¦⟦Int.\t⟧Hvad fik dig til at søge jobbet?
¦Inf.¦⟦Inf.\t⟧Det var nok nysgerrighed.
¦Int.¦⟦Int.\t⟧På hvilken måde?
¦Inf.¦⟦Inf.\t⟧Jeg ville se, om jeg kunne. Og det kunne jeg så.
¦Int.¦⟦Int.\t⟧Var du alene om det?
¦Inf.¦⟦Inf.\t⟧Nej, vi var tre.""",
    "Czech T O": """¦T¦⟦T: ⟧Jak jste se dostala k té práci?
¦O¦⟦O: ⟧Přes kamarádku, ta tam už byla.
¦T¦⟦T: ⟧A jaké to bylo na začátku?
¦O¦⟦O: ⟧Těžké. Šéf říkal: vydržte. Tak jsem vydržela.
¦T¦⟦T: ⟧A dnes?
¦O¦⟦O: ⟧Dnes už dobré.""",
    "Hungarian K V": """¦K¦⟦K: ⟧Mióta él itt a faluban?
¦V¦⟦V: ⟧Hatvan éve. Ide születtem.
¦K¦⟦K: ⟧És a gyerekek?
¦V¦⟦V: ⟧Elmentek, mind a kettő.
¦K¦⟦K: ⟧Hiányoznak?
¦V¦⟦V: ⟧Persze hogy hiányoznak.""",
    "Romanian timestamps": """(00:12) ¦Operator¦⟦Operator: ⟧Cum ați ajuns în Italia?
(00:19) ¦Subiect¦⟦Subiect: ⟧Cu autocarul, trei zile.
(00:31) ¦Operator¦⟦Operator: ⟧Și acolo cine vă aștepta?
(00:36) ¦Subiect¦⟦Subiect: ⟧Nimeni. Aveam o adresă pe o hârtie.
(00:52) ¦Operator¦⟦Operator: ⟧Și?
(00:55) ¦Subiect¦⟦Subiect: ⟧Și am găsit.""",
    "Russian bold roles": """¦Инт.¦⟦Инт.: ⟧Расскажите, пожалуйста, о себе.
¦Респ.¦⟦Респ.: ⟧Ну что рассказать. Родилась в Омске.
¦Инт.¦⟦Инт.: ⟧А училась где?
¦Респ.¦⟦Респ.: ⟧Там же. Потом переехала.
¦Инт.¦⟦Инт.: ⟧Почему?
¦Респ.¦⟦Респ.: ⟧Муж военный. Сказали: едем.""",
    "Ukrainian": """¦Інтерв'юерка¦⟦Інтерв'юерка: ⟧Як ви дізналися про програму?
¦Олена¦⟦Олена: ⟧З інтернету, а потім подруга підказала.
¦Інтерв'юерка¦⟦Інтерв'юерка: ⟧І що було далі?
¦Олена¦⟦Олена: ⟧Подала документи. Чекала місяць.
¦Інтерв'юерка¦⟦Інтерв'юерка: ⟧Довго.
¦Олена¦⟦Олена: ⟧Довго, так.""",
    "Greek epsilon alpha": """¦Ε¦⟦Ε.: ⟧Πώς ξεκινήσατε;
¦Α¦⟦Α.: ⟧Από μικρή, με τον πατέρα μου.
¦Ε¦⟦Ε.: ⟧Στο ίδιο μαγαζί;
¦Α¦⟦Α.: ⟧Στο ίδιο, ναι. Εκεί στη γωνία.
¦Ε¦⟦Ε.: ⟧Και τώρα;
¦Α¦⟦Α.: ⟧Τώρα το έχει ο γιος μου.""",
    "Turkish numbered": """1) ¦Soru¦⟦Soru: ⟧Bu mahallede ne zamandır oturuyorsunuz?
1) ¦Cevap¦⟦Cevap: ⟧Otuz sene oldu.
2) ¦Soru¦⟦Soru: ⟧Memnun musunuz?
2) ¦Cevap¦⟦Cevap: ⟧Eh işte. Komşular iyi.
3) ¦Soru¦⟦Soru: ⟧Taşınmayı düşündünüz mü?
3) ¦Cevap¦⟦Cevap: ⟧Düşündük ama nereye?""",
    "Persian": """¦مصاحبه‌گر¦⟦مصاحبه‌گر: ⟧چطور با این کار آشنا شدید؟
¦خانم رضایی¦⟦خانم رضایی: ⟧از طریق خواهرم. او قبلا اینجا بود.
¦مصاحبه‌گر¦⟦مصاحبه‌گر: ⟧و سخت بود؟
¦خانم رضایی¦⟦خانم رضایی: ⟧اولش بله، بعد عادت کردم.
¦مصاحبه‌گر¦⟦مصاحبه‌گر: ⟧ممنون.
¦خانم رضایی¦⟦خانم رضایی: ⟧خواهش می‌کنم.""",
    "Hebrew": """¦מראיינת¦⟦מראיינת: ⟧איך הגעת לכאן?
¦יוסי¦⟦יוסי: ⟧דרך חבר. הוא אמר לי: בוא תנסה.
¦מראיינת¦⟦מראיינת: ⟧ואיך היה?
¦יוסי¦⟦יוסי: ⟧בהתחלה קשה, אחר כך התרגלתי.
¦מראיינת¦⟦מראיינת: ⟧והיום?
¦יוסי¦⟦יוסי: ⟧היום אני בבית.""",
    "Hindi": """¦शोधकर्ता¦⟦शोधकर्ता: ⟧आप यहाँ कब से काम कर रही हैं?
¦सीमा¦⟦सीमा: ⟧करीब दस साल हो गए।
¦शोधकर्ता¦⟦शोधकर्ता: ⟧और शुरुआत कैसी थी?
¦सीमा¦⟦सीमा: ⟧मुश्किल थी। घर वाले मना करते थे।
¦शोधकर्ता¦⟦शोधकर्ता: ⟧फिर?
¦सीमा¦⟦सीमा: ⟧फिर मान गए।""",
    "Thai": """¦ผู้สัมภาษณ์¦⟦ผู้สัมภาษณ์: ⟧คุณทำงานที่นี่มานานเท่าไร
¦คุณมาลี¦⟦คุณมาลี: ⟧ประมาณแปดปีค่ะ
¦ผู้สัมภาษณ์¦⟦ผู้สัมภาษณ์: ⟧แล้วงานเป็นอย่างไรบ้าง
¦คุณมาลี¦⟦คุณมาลี: ⟧ก็เหนื่อยแต่ชอบค่ะ
¦ผู้สัมภาษณ์¦⟦ผู้สัมภาษณ์: ⟧ชอบตรงไหน
¦คุณมาลี¦⟦คุณมาลี: ⟧ชอบคนค่ะ""",
    "Vietnamese PVV": """¦PVV¦⟦PVV: ⟧Chị làm ở đây bao lâu rồi?
¦NTL¦⟦NTL: ⟧Dạ, được sáu năm.
¦PVV¦⟦PVV: ⟧Công việc có vất vả không?
¦NTL¦⟦NTL: ⟧Vất vả chứ, nhưng mà quen rồi.
¦PVV¦⟦PVV: ⟧Vậy à.
¦NTL¦⟦NTL: ⟧Vâng.""",
    "Korean brackets": """¦면담자¦⟦[면담자] ⟧이 일을 어떻게 시작하셨어요?
¦김씨¦⟦[김씨] ⟧친구가 소개해 줬어요.
¦면담자¦⟦[면담자] ⟧처음에는 어땠나요?
¦김씨¦⟦[김씨] ⟧힘들었죠. 매일 늦게 끝나고.
¦면담자¦⟦[면담자] ⟧지금은요?
¦김씨¦⟦[김씨] ⟧지금은 괜찮아요.""",
    "Japanese kagi": """¦聞き手¦⟦聞き手⟧「最初のきっかけは何でしたか」
¦山田¦⟦山田⟧「兄に誘われたんです」
¦聞き手¦⟦聞き手⟧「続けようと思ったのは」
¦山田¦⟦山田⟧「面白かったからですね。毎日違うので」
¦聞き手¦⟦聞き手⟧「そうですか」
¦山田¦⟦山田⟧「ええ」""",
    "Chinese timestamps": """00:00:05 ¦主持人¦⟦主持人：⟧您先介绍一下自己。
00:00:12 ¦王老师¦⟦王老师：⟧我在这个学校教了二十年书。
00:00:40 ¦主持人¦⟦主持人：⟧一直教语文吗？
00:00:44 ¦王老师¦⟦王老师：⟧对，一直是语文。
00:01:02 ¦主持人¦⟦主持人：⟧累不累？
00:01:05 ¦王老师¦⟦王老师：⟧累，可是喜欢。""",
    "Swahili": """¦Mhojaji¦⟦Mhojaji: ⟧Ulianza lini kazi hii?
¦Mama Asha¦⟦Mama Asha: ⟧Mwaka elfu mbili na tano.
¦Mhojaji¦⟦Mhojaji: ⟧Na ilikuwaje mwanzoni?
¦Mama Asha¦⟦Mama Asha: ⟧Ilikuwa ngumu sana. Hakukuwa na maji.
¦Mhojaji¦⟦Mhojaji: ⟧Na sasa?
¦Mama Asha¦⟦Mama Asha: ⟧Sasa afadhali.""",
    "Indonesian P N": """¦Pewawancara¦⟦Pewawancara : ⟧Sudah berapa lama Ibu di sini?
¦Narasumber¦⟦Narasumber  : ⟧Sudah lima belas tahun.
¦Pewawancara¦⟦Pewawancara : ⟧Betah, Bu?
¦Narasumber¦⟦Narasumber  : ⟧Betah. Tetangganya baik-baik.
¦Pewawancara¦⟦Pewawancara : ⟧Syukurlah.
¦Narasumber¦⟦Narasumber  : ⟧Iya.""",
    "Rev style header": """⟦Speaker 1 (00:00):⟧
¦Speaker 1¦Thanks for joining. Could you introduce yourself?

⟦Speaker 2 (00:06):⟧
¦Speaker 2¦Sure. I'm a nurse on the children's ward.

⟦Speaker 1 (00:14):⟧
¦Speaker 1¦How long?

⟦Speaker 2 (00:15):⟧
¦Speaker 2¦Since 2011. It says 10:30 on my first contract, I remember that.

⟦Speaker 1 (00:31):⟧
¦Speaker 1¦Great.""",
    "Descript style": """⟦[00:00:01] Dana:⟧ ¦Dana¦Okay, we're recording.

⟦[00:00:04] Guest:⟧ ¦Guest¦Fine by me.

⟦[00:00:06] Dana:⟧ ¦Dana¦Where shall we begin?

⟦[00:00:09] Guest:⟧ ¦Guest¦With the flood, I suppose. That was the start of it all.

⟦[00:00:20] Dana:⟧ ¦Dana¦Go on.""",
    "Sonix style": """⟦Ines: [00:00:03] ⟧¦Ines¦And you stayed after the merger?

⟦Paul: [00:00:07] ⟧¦Paul¦I did, most people did not.

⟦Ines: [00:00:12] ⟧¦Ines¦Why did you?

⟦Paul: [00:00:14] ⟧¦Paul¦The pension. I won't lie.""",
    "Happy Scribe": """⟦00:00:01,200 - 00:00:04,000⟧
⟦Speaker 1⟧
¦Speaker 1¦Do you want some water first?

⟦00:00:04,500 - 00:00:06,000⟧
⟦Speaker 2⟧
¦Speaker 2¦No, I'm good.

⟦00:00:07,000 - 00:00:11,000⟧
⟦Speaker 1⟧
¦Speaker 1¦Then let's begin. What is your job?

⟦00:00:12,000 - 00:00:15,000⟧
⟦Speaker 2⟧
¦Speaker 2¦I drive the night bus.""",
    "Trint with pipe": """⟦Anke | 00:03⟧
¦Anke¦Wie war der erste Tag?

⟦Bernd | 00:09⟧
¦Bernd¦Chaos. Keiner wusste, dass ich komme.

⟦Anke | 00:21⟧
¦Anke¦Wirklich keiner?

⟦Bernd | 00:24⟧
¦Bernd¦Keiner. Nicht mal der Pförtner.""",
    "angle double": """¦INT¦⟦>> INT: ⟧What would you change?
¦RES¦⟦>> RES: ⟧The forms. All of them.
¦INT¦⟦>> INT: ⟧All of them?
¦RES¦⟦>> RES: ⟧Every last one: red, blue and green.
¦INT¦⟦>> INT: ⟧Fair enough.
¦RES¦⟦>> RES: ⟧Mm.""",
    "lower case": """¦int¦⟦int: ⟧so when did you notice
¦p4¦⟦p4: ⟧maybe in march
¦int¦⟦int: ⟧and what did you do
¦p4¦⟦p4: ⟧nothing, i waited
¦int¦⟦int: ⟧for how long
¦p4¦⟦p4: ⟧two weeks or so""",
    "mixed capitals and typo": """¦Interviewer¦⟦Interviewer: ⟧What brought you here?

¦Respondent¦⟦Respondent: ⟧My job. I was transferred.

¦Interviewer¦⟦INTERVIEWER: ⟧Against your will?

¦Respondent¦⟦Respondant: ⟧A bit, yes.

¦Interviewer¦⟦Interviewer: ⟧And your family?

¦Respondent¦⟦Respondent: ⟧They stayed behind at first.

¦Interviewer¦⟦Intervewer: ⟧For long?

¦Respondent¦⟦Respondent: ⟧A year.

¦Interviewer¦⟦Interviewer: ⟧I see.

¦Respondent¦⟦Respondent: ⟧Yes.""",
    "missing colon once": """¦I¦⟦I: ⟧Did you talk to anyone?

¦R5¦⟦R5: ⟧Only to my sister.

¦I¦⟦I: ⟧What did she say?

¦R5¦⟦R5 ⟧She said wait and see.

¦I¦⟦I: ⟧And did you?

¦R5¦⟦R5: ⟧For a while.""",
    "initials with full stops": """¦A.B.¦⟦A.B.: ⟧How many rooms were there?
¦C.D.¦⟦C.D.: ⟧Two, for nine of us.
¦A.B.¦⟦A.B.: ⟧And the kitchen?
¦C.D.¦⟦C.D.: ⟧Outside, under a roof.
¦A.B.¦⟦A.B.: ⟧In winter too?
¦C.D.¦⟦C.D.: ⟧In winter too.""",
    "titles": """¦Dr. Hale¦⟦Dr. Hale: ⟧And the pain, when is it worst?
¦Mrs. Otieno¦⟦Mrs. Otieno: ⟧In the morning, Doctor.
¦Dr. Hale¦⟦Dr. Hale: ⟧Before you get up?
¦Mrs. Otieno¦⟦Mrs. Otieno: ⟧Yes, before.
¦Dr. Hale¦⟦Dr. Hale: ⟧And at night?
¦Mrs. Otieno¦⟦Mrs. Otieno: ⟧At night I sleep.""",
    "name with role in brackets": """¦Tara (researcher)¦⟦Tara (researcher): ⟧Where did you train?
¦Joe (farmer)¦⟦Joe (farmer): ⟧Nowhere. On my father's land.
¦Tara (researcher)¦⟦Tara (researcher): ⟧And the certificates?
¦Joe (farmer)¦⟦Joe (farmer): ⟧Those came later, for the subsidies.
¦Tara (researcher)¦⟦Tara (researcher): ⟧Did they help?
¦Joe (farmer)¦⟦Joe (farmer): ⟧The money did.""",
    "role dash name legend": """Legend: I = Interviewer, N = Nurse, D = Doctor
Date: 4 May

¦I¦⟦I: ⟧Who decides in the end?
¦D¦⟦D: ⟧Formally I do.
¦N¦⟦N: ⟧Formally! (laughs)
¦D¦⟦D: ⟧All right. We do.
¦I¦⟦I: ⟧How does that look in practice?
¦N¦⟦N: ⟧We talk in the corridor.""",
    "long answers with notes": """¦I¦⟦I: ⟧Could you describe the night it happened?

¦P¦⟦P: ⟧It was a Tuesday. I had just put the kids to bed.

Then the phone rang. It was my neighbour: she could see smoke.

NB: I did not have my glasses on.

¦I¦⟦I: ⟧What did you do?

¦P¦⟦P: ⟧I ran. My first thought: the dog.

Everything else came later.

¦I¦⟦I: ⟧And the dog?

¦P¦⟦P: ⟧The dog was fine. The dog is always fine.""",
    "section headings inside": """¦-¦PART ONE: BACKGROUND

¦Researcher¦⟦Researcher: ⟧Tell me about your school.

¦Teacher¦⟦Teacher: ⟧It's small, ninety pupils.

¦-¦PART TWO: THE REFORM

¦Researcher¦⟦Researcher: ⟧How did you hear of the reform?

¦Teacher¦⟦Teacher: ⟧By letter, in August.

¦Researcher¦⟦Researcher: ⟧And your first thought?

¦Teacher¦⟦Teacher: ⟧Not again.""",
    "questions in capitals": """¦?¦WHAT DOES HOME MEAN TO YOU?

¦!¦A place where nobody asks when you come back.

¦?¦AND WHERE IS THAT NOW?

¦!¦Here, I would say. Since the spring.

¦?¦WHAT CHANGED IN THE SPRING?

¦!¦I got my own key.""",
    "questions numbered only": """¦?¦⟦1. ⟧How often do you use the service?

¦!¦Twice a week, mostly in the evening.

¦?¦⟦2. ⟧What do you like about it?

¦!¦That I do not have to explain myself.

It is quiet as well.

¦?¦⟦3. ⟧What would you change?

¦!¦The door. It sticks.

¦?¦⟦4. ⟧Would you recommend it?

¦!¦I have done so already.""",
    "interviewer only labelled Q:": """¦Q¦⟦Q: ⟧Why did you leave the union?

¦!¦Because nobody listened. We had meetings, we voted, and nothing came of it.

¦Q¦⟦Q: ⟧Would you go back?

¦!¦If the people changed, perhaps.

¦Q¦⟦Q: ⟧Which people?

¦!¦You know which people.

¦Q¦⟦Q: ⟧I do not.

¦!¦Then I will not say.""",
    "respondent only labelled": """¦?¦What was your first job?

¦Resp¦⟦Resp: ⟧Paper round, at eleven.

¦?¦And after school?

¦Resp¦⟦Resp: ⟧The docks, like everyone.

¦?¦Did you like it?

¦Resp¦⟦Resp: ⟧I liked the money.""",
    "screenplay": """⟦                    ELENA⟧
¦ELENA¦Do you want to sit down?

⟦                    VIKTOR⟧
¦VIKTOR¦I have been sitting all day.

⟦                    ELENA⟧
¦ELENA¦Then let's walk.

⟦                    VIKTOR⟧
¦VIKTOR¦Where to?

⟦                    ELENA⟧
¦ELENA¦To the harbour.

⟦                    VIKTOR⟧
¦VIKTOR¦Fine.""",
    "hash speakers": """¦1¦⟦#1: ⟧We should begin with the budget.
¦2¦⟦#2: ⟧Agreed. It is worse than last year.
¦1¦⟦#1: ⟧By how much?
¦2¦⟦#2: ⟧A fifth.
¦1¦⟦#1: ⟧That is a lot.
¦2¦⟦#2: ⟧It is.""",
    "S1 slash": """¦S1¦⟦S1/ ⟧Did you see the notice?
¦S2¦⟦S2/ ⟧I saw it on Friday.
¦S1¦⟦S1/ ⟧And?
¦S2¦⟦S2/ ⟧I tore it down.
¦S1¦⟦S1/ ⟧Really?
¦S2¦⟦S2/ ⟧Really.""",
    "time ranges": """⟦[00:00:01 - 00:00:06] A: ⟧¦A¦Is this thing on?
⟦[00:00:06 - 00:00:09] B: ⟧¦B¦It is, the light is red.
⟦[00:00:09 - 00:00:15] A: ⟧¦A¦Good. Then tell me about Monday.
⟦[00:00:15 - 00:00:30] B: ⟧¦B¦Monday was the strike.
⟦[00:00:30 - 00:00:33] A: ⟧¦A¦The first one?
⟦[00:00:33 - 00:00:35] B: ⟧¦B¦The second.""",
    "end stamps": """¦I¦⟦I: ⟧Wie fühlten Sie sich dabei?⟦ #00:00:07-1#⟧

¦B¦⟦B: ⟧Allein, ehrlich gesagt.⟦ #00:00:12-8#⟧

¦I¦⟦I: ⟧Und die Kollegen?⟦ #00:00:15-0#⟧

¦B¦⟦B: ⟧Die haben nichts gemerkt.⟦ #00:00:21-4#⟧""",
    "closing lines": """¦I¦⟦I: ⟧Is there anything you want to add?
¦P2¦⟦P2: ⟧Only that I hope someone reads it.
¦I¦⟦I: ⟧I will make sure of it.
¦P2¦⟦P2: ⟧Then that's all.
¦I¦⟦I: ⟧Thank you very much.
¦P2¦⟦P2: ⟧You're welcome.
¦-¦[END OF INTERVIEW]""",
    "table in tabs with minutes": """Min.\tSprecher\tText
⟦0:00\tMW\t⟧¦MW¦Fangen wir an?
⟦0:04\tTS\t⟧¦TS¦Ja, gern.
⟦0:06\tMW\t⟧¦MW¦Was machen Sie beruflich?
⟦0:11\tTS\t⟧¦TS¦Ich leite die Küche im Altenheim.
⟦0:25\tMW\t⟧¦MW¦Wie viele essen da?
⟦0:28\tTS\t⟧¦TS¦Hundertzwanzig, jeden Mittag.""",
    "bilingual labels": """¦Interviewer/Entrevistador¦⟦Interviewer/Entrevistador: ⟧How was the crossing? ¿Cómo fue?
¦Ana¦⟦Ana: ⟧Larga. Long.
¦Interviewer/Entrevistador¦⟦Interviewer/Entrevistador: ⟧And the children?
¦Ana¦⟦Ana: ⟧They slept, thank God.
¦Interviewer/Entrevistador¦⟦Interviewer/Entrevistador: ⟧All night?
¦Ana¦⟦Ana: ⟧Casi.""",
    "field diary": """¦-¦Tuesday. Arrived late: the bus broke down again.
Talked to the caretaker. He said: come back tomorrow.

Wednesday. Came back. Nobody there.
Note: ask for a phone number.

Thursday. Met the director: friendly, short of time.
We walked through the workshop and he showed me the new machines.""",
}


def _parsed(text: str) -> tuple[str, list[tuple[str, str]]]:
    """The text as typed, and the truth in its marks."""
    plain, truth = "", []
    open_turn = False
    for piece in re.split(r"(¦[^¦]+¦|⟦[^⟧]*⟧|⟪[^⟫]*⟫)", text):
        if piece.startswith("¦"):
            open_turn = piece != "¦-¦"
            if truth and not plain.endswith("\n"):  # what stands before the name on its line is nobody's
                truth[-1] = (truth[-1][0], truth[-1][1].rpartition("\n")[0] or truth[-1][1])
            if open_turn:
                truth.append((piece[1:-1], ""))
        elif piece.startswith("⟪"):
            plain += piece[1:-1]
        elif piece.startswith("⟦"):
            plain += piece[1:-1]
            open_turn = open_turn and bool(truth) and not truth[-1][1]
        else:
            plain += piece
            if open_turn:
                truth[-1] = (truth[-1][0], truth[-1][1] + piece)
    return plain, [(who, " ".join(words.split())) for who, words in truth]


def _from_file(name: str) -> dict[str, str]:
    """Layouts of a text file, each below a line ``=== its name``."""
    parts = re.split(r"(?m)^=== (.+)\n", Path(__file__).with_name(name).read_text(encoding="utf-8"))
    return {name: text.rstrip("\n") for name, text in zip(parts[1::2], parts[2::2], strict=True)}


UNSEEN: dict[int, dict[str, tuple[str, list[tuple[str, str]]]]] = {
    number: {name: _parsed(text) for name, text in texts.items()}
    for number, texts in enumerate(
        (_TEXTS, *map(_from_file, ("reading_second.txt", "reading_third.txt", "reading_fourth.txt", "reading_fifth.txt"))), 1
    )
}
"""By set and name: the text, and its turns (speaker, words); a side without a name is ? or !."""

"""What the members of the demo company write: reasons, questions, comments. Pure."""

from typing import Final

from app.tickets.life.lifecycle import Party

WAITS: Final = {
    Party.REQUESTER: (
        "The amount and the delivery date are missing.",
        "We need the signed order before we can go on.",
        "Which of the two sites is meant?",
        "The contact person on site is not named.",
    ),
    Party.CUSTOMER: (
        "The customer must give access to the site.",
        "The customer wants to check with its own lawyers.",
        "We reach nobody at the customer before Thursday.",
    ),
    Party.THIRD_PARTY: (
        "The supplier has not confirmed a date.",
        "The carrier has no capacity this week.",
        "The manufacturer must release the part.",
    ),
    Party.DEPENDENCY: ("Waiting for what we asked others for.",),
}
QUESTIONS: Final = (
    "Which delivery date was promised to the customer?",
    "Is this covered by the framework contract?",
    "Who at the customer can decide?",
    "Do you need it all at once, or is a part enough to begin with?",
    "What has been tried so far?",
)
PROGRESS: Final = (
    "We are on it; the next step is tomorrow.",
    "Half done, nothing unexpected so far.",
    "Two people are working on it.",
    "Waiting for an answer from the others; I keep asking.",
    "It takes longer than we thought; I will write again tomorrow.",
)
NOTES: Final = (
    "Same customer as last month, see the earlier ticket.",
    "Not in the catalogue, but we do it anyway.",
    "Careful: the customer was promised this twice.",
    "Reza asked for the same thing in spring.",
)
RESOLUTIONS: Final = {
    "task": ("Done as asked.", "Done; the record is with the order.", "Finished and handed to the requester."),
    "approval": ("Checked and decided.", "Decided after a look at the figures.", "Decided; terms as usual."),
    "information": ("Answered, with the figures attached.", "Answered by mail, copied here."),
    "advice": ("We advise to go ahead as described.", "We advise to ask the customer first."),
    "access": ("Access is set up.", "Access granted until the end of the year."),
    "incident": ("Repaired and tested.", "Cause found and mended.", "Replaced; it works again."),
}
REOPENINGS: Final = (
    "The figures don't match the order.",
    "It is done for one site only.",
    "The customer says that it still doesn't work.",
    "The attachment is missing.",
)
TRANSFERS: Final = (
    "This is not ours: the fault lies elsewhere.",
    "We can't decide this; you can.",
    "Came to us by mistake.",
)
RETURNS: Final = ("Not ours either, as far as we can see.", "Nothing in it that we could act on.")
TRIED: Final = (
    "Restarted it, no change.",
    "Called the customer, who knows no more than we do.",
    "Looked at the contract: nothing in it.",
    None,
)
DECLINES: Final = ("The facts are incomplete; please ask again with the amount.", "Not without a cost centre.")
CANCELLATIONS: Final = ("The customer withdrew the order.", "The customer merged this with another order.")
RESCHEDULES: Final = ("The customer's building is not ready.", "A part is not to be had before.")
PRAISE: Final = ("Quick and friendly.", "Thought one step ahead.", "Just what we needed.")
BLAME: Final = ("Had to ask three times.", "Nobody told us that it would take this long.", "Only half of it was done.")
THANKS: Final = ("All as agreed.", "In time, and no surprises.", "Your people thought of everything.")
GRIEVANCES: Final = (
    "Later than you said, and we heard it last.",
    "We had to call three times to learn where it was.",
    "Our own customer waited because of this.",
    "Every department told us something else.",
)
FAREWELLS: Final = (
    "They went to a competitor that promises less and keeps it.",
    "Too many dates moved; their plant manager has had enough.",
)

THINGS: Final = (
    "12 drives",
    "a packing line",
    "3 control cabinets",
    "40 valves",
    "a palletiser",
    "6 pumps",
    "a conveyor",
    "20 sensors",
    "2 compressors",
    "a filling machine",
)
MACHINES: Final = (
    "Packing line 2",
    "Compressor 4",
    "The palletiser",
    "Filling line 1",
    "Pump station B",
    "The sorter",
    "Cold store 3",
)
PLACES: Final = (
    "Leeds",
    "Lyon",
    "Malmö",
    "Graz",
    "Porto",
    "Gdańsk",
    "Ghent",
    "Brno",
    "Turin",
    "Bilbao",
    "Odense",
    "Ulm",
)
APPRECIATION: Final = (
    "You answered on the same day, with everything that I had forgotten to ask for.",
    "You rang the customer yourself, so that nobody had to tell it twice.",
    "You stayed until it was done.",
    "You saw that the figures could not be right, and said so before it mattered.",
    "Whenever I ask, somebody knows.",
    "You took it on although it was not yours.",
)

"""LibreOffice Calc as a spreadsheet program for Python: an xlwings engine, and what the office tells by itself.

The engine, for any code written for xlwings:

    from sheetsales_workbooks.hosts.libreoffice import engine
    engine.activate()                    # xw.App(), xw.Book(path), xw.apps … now mean LibreOffice
    engine.activate(pipe="sheetsales")   # … the office that a person has open and that listens there
    engine.deactivate()                  # end the offices that were started here

The office beneath an app, for a program that waits for what a person does:

    office = engine.office(app)          # app: an xw.App; without one the active app
    office.watch_book(book)              # tell of its buttons, whatever sheet is shown
    office.watch_cells(sheet["C4"])      # tell of each change there
    for event in office.events(timeout=1.0):   # waits; ends when nothing came for that many seconds
        ...                              # ButtonPressed, CellChanged, BookOpened, BookSaved, BookClosed, OfficeEnded
    office.next_event(timeout=0.0)       # one event or None
    office.place_of_button(sheet, "Score leads")   # left, top, width, height on the screen
    office.press(sheet, "Score leads")             # without a pointer

Opening an office for a person: `program.open_for_person(path)`, then `engine.activate(pipe="sheetsales")`; by hand
`soffice --calc "--accept=pipe,name=sheetsales;urp;" FILE`, also while LibreOffice is open already.

UNO lives in a process of its own (the folder `uno_process`), so this works with every Python from
3.11 on, and nothing of UNO reaches the process of the caller. All events and errors name books by
their full path. Errors are `OfficeMissing`, `OfficeGone`, `BookGone`, `BookBusy`, `FileRefused`
and `NotSupported` of `sheetsales.errors`.
"""

enum VoCentre { static let minimumAngles = 4; static let minimumColumns = 8 }
